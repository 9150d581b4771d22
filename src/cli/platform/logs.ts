import { join } from 'node:path';
import { serverFiles } from '../../core/server-home.ts';
import { type Context } from '../../terminal/context.ts';
import { printServerLog, type LogOptions } from '../../terminal/server-log.ts';
import { localPlatform } from './place.ts';

/** `clara platform logs`: the log of the server on this machine, whether it runs or not. */
export async function logs(context: Context, options: LogOptions): Promise<void> {
  const { home } = await localPlatform(context);
  await printServerLog(context, join(home, serverFiles.log), options, 'no platform was started here yet: `clara platform start`');
}
