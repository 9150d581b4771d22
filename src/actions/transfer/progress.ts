import { ClaraError } from '../../core/errors.ts';
import { byteSize, counted, someOf } from '../../core/phrases.ts';

/** How far an upload or download is. Bytes count when they are handed on, files when they are stored for good. */
export interface TransferProgress {
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}

/** How files travel: what GRPC_PARALLEL_STREAMS and GRPC_CHUNK_SIZE set (platform-api 2.7). */
export interface TransferTuning {
  /** Streams at a time, 1 to 64. */
  readonly streams: number;
  /** Bytes of content in one message, 1 KiB to 4 MiB − 512. */
  readonly chunkBytes: number;
}

export const defaultTuning: TransferTuning = { streams: 8, chunkBytes: 1024 * 1024 };

interface Transferable {
  readonly name: string;
  readonly size: number;
}

/** The failure of a transfer together with what is done and what is left of it. */
export function withRemainder<File extends Transferable>(
  thrown: unknown, verb: 'uploaded' | 'downloaded', wanted: readonly File[], done: ReadonlySet<File>, remark = '',
): unknown {
  if (!(thrown instanceof ClaraError)) return thrown;
  const left = wanted.filter((file) => !done.has(file));
  return new ClaraError(thrown.kind, thrown.message, {
    details: [
      ...thrown.details,
      `${verb}: ${done.size} of ${counted(wanted.length, 'file')}, ${byteSize(totalBytes(done))} of ${byteSize(totalBytes(wanted))}${remark}`,
      ...(left.length > 0 ? [`left: ${someOf(left.map((file) => file.name))}`] : []),
    ],
    ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
    ...(thrown.wireCode === undefined ? {} : { wireCode: thrown.wireCode }),
    cause: thrown,
  });
}

/** The bytes of all of these files. */
export function totalBytes(files: Iterable<{ readonly size: number }>): number {
  let sum = 0;
  for (const { size } of files) sum += size;
  return sum;
}
