import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, mkdir, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type CallControl, type Connection } from '../../api/client.ts';
import { PayloadsService } from '../../api/services.ts';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { inBatches } from './batches.ts';
import { whyNotWritten } from '../why-not-written.ts';
import { receiveMany } from './download-many.ts';
import { type DownloadPlan, type PlannedDownload } from './download-plan.ts';
import { inParallel } from '../../core/parallel.ts';
import { withRemainder, type TransferProgress } from './progress.ts';

export interface DownloadOptions {
  /** Files at a time. */
  readonly streams: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** Where files go: into a folder, or, a single one, to a path of its own. */
export type Destination =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string };

/**
 * What the user means by a destination: as with `cp`, one named file goes to that very path, unless a folder is there
 * or the path ends with a slash. Everything else goes into the folder, which need not exist yet.
 */
export async function destinationOf(plan: DownloadPlan, path: string): Promise<Destination> {
  if (plan.named !== 'file' || path.endsWith('/')) return { kind: 'folder', path };
  const there = await stat(path).catch(() => undefined);
  return there?.isDirectory() ? { kind: 'folder', path } : { kind: 'file', path };
}

/** Files below this many bytes share calls. */
const largeBytes = 64 * 1024;

/**
 * Downloads what was planned, several files at a time. A file is written beside its final name and renamed when it is
 * whole, so a final name never shows a part; an existing file is replaced. Nothing is written outside the destination:
 * a link below it is refused. The first failure stops all, removes the parts, and is thrown with what is done and left.
 */
export async function download(
  connection: Connection, payloadId: string, plan: DownloadPlan, destination: Destination, options: DownloadOptions,
): Promise<void> {
  const folders = await Folders.below(destination.kind === 'folder' ? destination.path : dirname(destination.path));
  const progress = { files: 0, bytes: 0, totalFiles: plan.files.length, totalBytes: plan.bytes };
  const done = new Set<PlannedDownload>();
  options.onProgress?.({ ...progress });
  try {
    let batching = true;
    const pathOf = async (file: PlannedDownload) => {
      const segments = destination.kind === 'folder' ? file.segments : [basename(destination.path)];
      return join(await folders.make(segments.slice(0, -1)), segments.at(-1)!);
    };
    const count = (file: PlannedDownload) => {
      done.add(file);
      progress.files += 1;
      options.onProgress?.({ ...progress });
    };
    const one = async (file: PlannedDownload, signal: AbortSignal) => {
      await writeBeside(await pathOf(file), (handle) => receive(connection, payloadId, file.name, { signal }, async (data) => {
        progress.bytes += data.length;
        await writeAll(handle, data);
        options.onProgress?.({ ...progress });
      }));
      count(file);
    };
    await inParallel(inBatches(plan.files, largeBytes), options.streams, options.signal, async (batch, signal) => {
      if (batching && batch.length > 1) {
        const files = batch.values();
        const result = await receiveMany(connection, payloadId, batch.map(({ name }) => name), { signal }, async (_, content) => {
          const file = files.next().value!;
          writeBesideAtOnce(await pathOf(file), content);
          progress.bytes += content.length;
          count(file);
        });
        if (result === 'received') return;
        batching = false;
      }
      for (const file of batch) await one(file, signal);
    });
  } catch (thrown) {
    throw withRemainder(thrown, 'downloaded', plan.files, done);
  }
}

/**
 * Hands the content of one file on, piece by piece; the next piece is received while the last one is still being handled.
 * Fails where the content ends before the size that the platform announced.
 */
export async function receive(
  connection: Connection, payloadId: string, name: string, control: CallControl, handle: (data: Buffer) => Promise<void>,
): Promise<void> {
  let announced: number | undefined;
  let received = 0;
  let handled = Promise.resolve();
  try {
    for await (const { details, data } of connection.service(PayloadsService).download({ payloadId: { value: payloadId }, name }, control)) {
      announced ??= details?.size;
      received += data.length;
      await handled;
      if (data.length > 0) handled = handle(data);
      // Reported by the await above or below; until then it must not count as unhandled.
      handled.catch(() => undefined);
    }
  } finally {
    // Nothing may touch the file any more once this function has ended.
    await handled.catch(() => undefined);
  }
  await handled;
  if (announced !== undefined && announced !== received) {
    throw new ClaraError('failed', `${visible(name)} ended after ${received} of ${announced} bytes`, { hint: 'repeat the download' });
  }
}

async function writeAll(handle: FileHandle, data: Buffer): Promise<void> {
  for (let position = 0; position < data.length;) {
    position += (await handle.write(data, position)).bytesWritten;
  }
}

/** The same for a small file: a few microseconds, where four trips to the thread pool would be a hundred. */
function writeBesideAtOnce(path: string, content: Buffer): void {
  const part = partOf(path);
  try {
    writeFileSync(part, content, { flag: 'wx' });
    renameSync(part, path);
  } catch (thrown) {
    rmSync(part, { force: true });
    throw cannotWrite(path, thrown);
  }
}

const partOf = (path: string) => join(dirname(path), `.clara-${randomUUID()}.part`);

async function writeBeside(path: string, fill: (handle: FileHandle) => Promise<void>): Promise<void> {
  const part = partOf(path);
  try {
    // `wx` follows no link that waits under the name.
    const handle = await open(part, 'wx');
    try {
      await fill(handle);
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (thrown) {
    await rm(part, { force: true });
    throw cannotWrite(path, thrown);
  }
}

function cannotWrite(path: string, thrown: unknown): unknown {
  if (thrown instanceof ClaraError || systemCode(thrown) === undefined) return thrown;
  return new ClaraError('failed', `cannot write ${visible(path)} (${whyNotWritten(thrown)})`, { cause: thrown });
}

/** Makes folders below a root, and none through a link: a link planted there could lead anywhere. */
class Folders {
  readonly #root: string;
  readonly #made = new Map<string, Promise<string>>();

  /** The root itself may be a link: the user named it. It is made where it is missing. */
  static async below(root: string): Promise<Folders> {
    try {
      await mkdir(root, { recursive: true });
      return new Folders(await realpath(root));
    } catch (thrown) {
      throw cannotWrite(root, thrown);
    }
  }

  private constructor(root: string) {
    this.#root = root;
  }

  make(segments: readonly string[]): Promise<string> {
    if (segments.length === 0) return Promise.resolve(this.#root);
    const key = segments.join('/');
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.make(segments.slice(0, -1)).then((parent) => makeFolder(join(parent, segments.at(-1)!)));
    this.#made.set(key, made);
    return made;
  }
}

async function makeFolder(path: string): Promise<string> {
  try {
    await mkdir(path);
    return path;
  } catch (thrown) {
    if (systemCode(thrown) !== 'EEXIST') throw cannotWrite(path, thrown);
  }
  const there = await lstat(path);
  if (there.isDirectory()) return path;
  const what = there.isSymbolicLink() ? 'a link, which may lead out of the destination' : 'a file, where a folder is needed';
  throw new ClaraError('failed', `cannot write below ${visible(path)}: it is ${what}`, { hint: 'remove it, or choose another destination' });
}
