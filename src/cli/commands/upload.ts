import { resolvePayload, type PayloadAddress } from '../../actions/transfer/payload-files.ts';
import { inFolder } from '../../actions/transfer/upload-plan.ts';
import { ClaraError } from '../../core/errors.ts';
import { byteSize, counted } from '../../core/phrases.ts';
import { shellLine } from '../../core/text/shell-word.ts';
import { type Context } from '../../terminal/context.ts';
import { printItem, type PrintOptions } from '../../terminal/print.ts';
import { parsePlace } from './payload-place.ts';
import { planFiles, sendFiles } from './send-files.ts';

interface Options extends PrintOptions {
  readonly resume: boolean;
}

/** Uploads files and folders to the payload of a job, or to a reusable one. */
export async function uploadFiles(context: Context, options: Options, [target, ...paths]: readonly string[]): Promise<void> {
  const place = parsePlace(target!);
  const folder = folderOf(place.path ?? '');
  // The files are looked at before the platform is: a wrong path needs no platform to be found out.
  const found = await planFiles(context, paths);
  const connection = await context.connect();
  const address = await resolvePayload(connection, place.id, { signal: context.signal });
  const root = address.jobId === undefined ? '' : 'input';
  const below = belowRoot(folder, root);
  const plan = inFolder(found, below);

  try {
    const { files, skipped, summary } = await sendFiles(context, connection, address.payloadId, plan, { resume: options.resume });
    const listed = (name: string) => `/${root === '' ? '' : `${root}/`}${name}`;
    const data = {
      payloadId: address.payloadId,
      uploaded: files.map(({ name, size }) => ({ name: listed(name), size })),
      skipped: skipped.map(({ name, size }) => ({ name: listed(name), size })),
    };
    const lines = () => [
      files.length === 0 ? 'nothing left to upload' : `uploaded ${summary} to ${listed(below).replace(/\/$/, '') || '/'} of ${describeAddress(address)}`,
      ...(skipped.length === 0 ? [] : [`left out ${counted(skipped.length, 'file')}, ${byteSize(skipped.reduce((sum, { size }) => sum + size, 0))}: stored before with the same size`]),
    ];
    await printItem(context.io, { kind: 'payload', id: () => address.payloadId, data: () => data }, data, lines, options);
  } catch (thrown) {
    throw withContinuation(thrown, shellLine(['clara', 'upload', target!, '--resume', ...(paths.some((path) => path.startsWith('-')) ? ['--'] : []), ...paths]));
  }
}

/** The folder without slashes around it, so that names can be put behind it. */
function folderOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new ClaraError('usage', `\`..\` is not possible in a payload path: ${path}`);
  return parts.join('/');
}

/** Uploads to a job's payload go below its input folder; that folder may be named all the same, as it is listed. */
function belowRoot(folder: string, root: string): string {
  if (root === '' || folder === '') return folder;
  const [first, ...rest] = folder.split('/');
  if (first === root) return rest.join('/');
  if (first === 'operators') {
    throw new ClaraError('usage', 'files cannot be uploaded among the outputs of operators', { hint: `leave the path away: files go to /${root}` });
  }
  return folder;
}

function describeAddress({ payloadId, jobId }: PayloadAddress): string {
  return jobId === undefined ? `payload ${payloadId}` : `job ${jobId}`;
}

/** A broken upload can be continued; a refused one cannot. */
function withContinuation(thrown: unknown, command: string): unknown {
  if (!(thrown instanceof ClaraError) || thrown.hint !== undefined && thrown.kind !== 'unreachable') return thrown;
  return new ClaraError(thrown.kind, thrown.message, {
    details: [...thrown.details, ...(thrown.hint === undefined ? [] : [thrown.hint])],
    hint: `continue with \`${command}\``,
    ...(thrown.wireCode === undefined ? {} : { wireCode: thrown.wireCode }),
    cause: thrown,
  });
}
