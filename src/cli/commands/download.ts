import { join } from 'node:path';
import { type Connection } from '../../api/client.ts';
import { destinationOf, download, receive, type Destination } from '../../actions/transfer/download.ts';
import { planDownload, type DownloadPlan } from '../../actions/transfer/download-plan.ts';
import { listPayload, resolvePayload } from '../../actions/transfer/payload-files.ts';
import { ClaraError } from '../../core/errors.ts';
import { counted, someOf } from '../../core/phrases.ts';
import { type Context } from '../../terminal/context.ts';
import { Meter } from '../../terminal/output/meter.ts';
import { printItem, type PrintOptions } from '../../terminal/print.ts';
import { parsePlace } from './payload-place.ts';

/** Downloads files of a payload: one, a folder, or those that a pattern fits. */
export async function downloadFiles(context: Context, options: PrintOptions, [source, to = '.']: readonly string[]): Promise<void> {
  const { id, path } = parsePlace(source!);
  if (path === undefined) {
    throw new ClaraError('usage', `\`${source!}\` does not say which files`, { hint: `write ${id}:PATH, for instance '${id}:/operators/*'; ${id}:/ is everything` });
  }
  if (to === '') throw new ClaraError('usage', 'the destination is empty');
  if (to === '-' && options.output !== undefined) throw new ClaraError('usage', 'standard output takes either the file or a description of it', { hint: 'leave --output away' });
  const connection = await context.connect();
  const { payloadId } = await resolvePayload(connection, id, { signal: context.signal });
  const plan = planDownload((await listPayload(connection, payloadId, { signal: context.signal })).files, path);
  if (to === '-') return print(context, connection, payloadId, plan);

  const destination = await destinationOf(plan, to);
  const { summary, files } = await fetchFiles(context, connection, payloadId, plan, destination);
  const data = { payloadId, files };
  await printItem(context.io, { kind: 'payload', id: () => payloadId, data: () => data }, data, () => [`downloaded ${summary} to ${to}`], options);
}

export interface Fetched {
  /** `40 files, 1.20 GiB in 12.3s (99.9 MiB/s)`. */
  readonly summary: string;
  /** Where each file lies now. */
  readonly files: readonly { readonly name: string; readonly size: number; readonly path: string }[];
}

/** Downloads and shows how far it is. */
export async function fetchFiles(
  context: Context, connection: Connection, payloadId: string, plan: DownloadPlan, destination: Destination,
): Promise<Fetched> {
  const { parallelStreams: streams } = await context.settings();
  const meter = await Meter.start(context.io, 'downloading');
  try {
    await download(connection, payloadId, plan, destination, { streams, signal: context.signal, onProgress: (progress) => meter.update(progress) });
    const files = plan.files.map(({ name, size, segments }) => ({ name, size, path: destination.kind === 'file' ? destination.path : join(destination.path, ...segments) }));
    return { summary: meter.summary(), files };
  } finally {
    meter.stop();
  }
}

async function print({ io, signal }: Context, connection: Connection, payloadId: string, { files }: DownloadPlan): Promise<void> {
  const [file, ...others] = files;
  if (others.length > 0) {
    throw new ClaraError('usage', `standard output takes one file, and ${counted(files.length, 'file')} match: ${someOf(files.map(({ name }) => name))}`);
  }
  await receive(connection, payloadId, file!.name, { signal }, (data) => io.write(data));
}
