import { type Connection } from '../../api/client.ts';
import { packedFiles } from '../../api/extensions.ts';
import { PayloadsService } from '../../api/services.ts';
import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { inParallel } from '../../core/parallel.ts';
import { inBatches } from './batches.ts';
import { listPayload } from './payload-files.ts';
import { totalBytes, withRemainder, type TransferProgress } from './progress.ts';
import { packedMessages, uploadMessages } from './upload-messages.ts';
import { type PlannedFile, type UploadPlan } from './upload-plan.ts';

export interface UploadOptions {
  /** Upload streams at a time. */
  readonly streams: number;
  /** Bytes of file content in one message. */
  readonly chunkBytes: number;
  /**
   * Leave out what the payload holds already: a file of the same name and the same size. The API tells neither times nor
   * checksums, so a file that changed and kept its size is taken for the stored one: hence only on demand.
   */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferProgress) => void;
}

export interface Uploaded {
  /** Stored now, confirmed by the platform. */
  readonly files: readonly PlannedFile[];
  /** Stored before (`resume`). */
  readonly skipped: readonly PlannedFile[];
}

/**
 * Uploads what was planned, several streams at a time. The first failure stops all streams and is thrown with what is
 * stored and what is left. A stored file of the same name is replaced as a whole or stays as it is.
 */
export async function upload(connection: Connection, payloadId: string, plan: UploadPlan, options: UploadOptions): Promise<Uploaded> {
  const stored = options.resume === true ? await storedSizes(connection, payloadId, options.signal) : new Map<string, number>();
  const skipped = plan.files.filter((file) => stored.get(file.name) === file.size);
  const wanted = skipped.length === 0 ? plan.files : plan.files.filter((file) => stored.get(file.name) !== file.size);

  const progress = { files: 0, bytes: 0, totalFiles: wanted.length, totalBytes: totalBytes(wanted) };
  const done = new Set<PlannedFile>();
  options.onProgress?.({ ...progress });
  // Until the platform has shown that it does not know of packs.
  let packing = true;
  try {
    await inParallel(inBatches(wanted, options.chunkBytes), options.streams, options.signal, async (batch, signal) => {
      let sent = 0;
      const onSent = (bytes: number) => {
        sent += bytes;
        progress.bytes += bytes;
        options.onProgress?.({ ...progress });
      };
      if (!packing || batch.length === 1 || !(await uploadPacked(connection, payloadId, batch, options.chunkBytes, signal, onSent))) {
        if (batch.length > 1) packing = false;
        progress.bytes -= sent;
        await uploadBatch(connection, payloadId, batch, options.chunkBytes, signal, onSent);
      }
      for (const file of batch) done.add(file);
      progress.files += batch.length;
      options.onProgress?.({ ...progress });
    });
  } catch (thrown) {
    throw withRemainder(thrown, 'uploaded', wanted, done, skipped.length === 0 ? '' : `, ${skipped.length} were stored before`);
  }
  return { files: wanted, skipped };
}

/** False where the platform did not take the files for what they are; a reply that names the last of them proves that it did. */
async function uploadPacked(
  connection: Connection, payloadId: string, batch: readonly PlannedFile[], chunkBytes: number, signal: AbortSignal, onSent: (bytes: number) => void,
): Promise<boolean> {
  const control = { signal, metadata: { [packedFiles.key]: packedFiles.value } };
  let unread: unknown;
  const messages = async function* () {
    try {
      yield* packedMessages(payloadId, batch, chunkBytes, onSent);
    } catch (thrown) {
      unread = thrown;
      throw thrown;
    }
  };
  try {
    const { details } = await connection.service(PayloadsService).upload(messages(), control);
    return batch.some(({ name, size }) => name === details?.name && size === details.size);
  } catch (thrown) {
    // Refused: as single files they are, or the reason is told for the one that it concerns.
    if (unread === undefined && thrown instanceof ClaraError && !['interrupted', 'unreachable'].includes(thrown.kind)) return false;
    throw thrown;
  }
}

async function uploadBatch(
  connection: Connection, payloadId: string, batch: readonly PlannedFile[], chunkBytes: number, signal: AbortSignal, onSent: (bytes: number) => void,
): Promise<void> {
  const { details } = await connection.service(PayloadsService).upload(uploadMessages(payloadId, batch, chunkBytes, onSent), { signal });
  const last = batch.at(-1)!;
  // The reply describes the file that was stored last; a platform may leave it out.
  if (details && details.name !== '' && details.size !== last.size) {
    throw new ClaraError('failed', `the platform stored ${details.size} of the ${last.size} bytes of ${visible(last.name)}`);
  }
}

/** The sizes of the stored files by the names under which they would be uploaded. */
async function storedSizes(connection: Connection, payloadId: string, signal: AbortSignal | undefined): Promise<Map<string, number>> {
  const { ofJob, files } = await listPayload(connection, payloadId, signal === undefined ? {} : { signal });
  // Uploads to the payload of a job go below its input folder (Clara guide, Payloads Upload RPC).
  const root = ofJob ? '/input/' : '/';
  return new Map(files.filter(({ name }) => name.startsWith(root)).map(({ name, size }) => [name.slice(root.length), size]));
}
