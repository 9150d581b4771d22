import { join } from 'node:path';
import { serverFiles } from '../../core/server-home.ts';
import { type Context } from '../../terminal/context.ts';
import { printServerLog, type LogOptions } from '../../terminal/server-log.ts';
import { localAdapter } from './place.ts';

/** `clara dicom logs`: the log of the adapter on this machine, whether it runs or not. */
export async function logs(context: Context, options: LogOptions): Promise<void> {
  const { home } = await localAdapter(context);
  await printServerLog(context, join(home, serverFiles.log), options, 'no DICOM adapter was started here yet: `clara dicom start`');
}
