import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { ClaraError } from '../../core/errors.ts';
import { quoted } from '../../core/names.ts';
import { type Loose } from '../../api/contract.ts';
import { type PayloadsDownloadRequest, type PayloadsDownloadResponse } from '../../api/generated/nvidia/clara/platform/payloads.ts';
import { WireCode } from '../../api/wire-codes.ts';
import { type OpenedFile } from '../store/files/lookup.ts';
import { ok, storageFailure } from './common.ts';
import { type Stores } from './context.ts';
import { ambiguousFile, componentsOf, missingFile, payloadOf } from './payload-rules.ts';

/** Data in one message: large enough to be quick, small enough that a slow reader does not hold much memory. */
const chunkBytes = 256 * 1024;

const readAt = promisify(read);

/** One file in pieces; the details are on the first, and an empty file is one message too (platform-api 3.4). */
export async function* downloadFile(stores: Stores, request: PayloadsDownloadRequest): AsyncGenerator<Loose<PayloadsDownloadResponse>> {
  const payload = payloadOf(stores, request.payloadId);
  const file = await openFile(stores, payload.id, request.name);
  try {
    const details = { name: request.name, size: file.stats.size, mode: file.stats.mode & 0o777 };
    let first = true;
    for await (const data of contentOf(file, request.name)) {
      yield first ? { header: ok, details, data } : { header: ok, data };
      first = false;
    }
  } catch (thrown) {
    throw storageFailure(thrown, `${quoted(request.name)} of payload ${payload.id} could not be read`, WireCode.payloadDownload);
  } finally {
    closeSync(file.fd);
  }
}

async function openFile(stores: Stores, payloadId: string, name: string): Promise<OpenedFile> {
  const components = componentsOf(name, WireCode.missingFile);
  try {
    const result = await stores.payloadFiles.lookUp(payloadId, components);
    if (result.kind === 'missing') throw missingFile(name, payloadId);
    if (result.kind === 'ambiguous') throw ambiguousFile(name, result.names);
    return result.file;
  } catch (thrown) {
    throw storageFailure(thrown, `${quoted(name)} of payload ${payloadId} could not be opened`, WireCode.payloadDownload);
  }
}

/** Exactly as many bytes as were announced, the next piece being read while the last one is sent; at least one piece. */
async function* contentOf(file: OpenedFile, name: string): AsyncGenerator<Buffer> {
  const { size } = file.stats;
  let next = readPiece(file.fd, 0, size);
  for (let sent = 0; ;) {
    const piece = await next;
    sent += piece.length;
    if (piece.length === 0 && sent < size) {
      throw new ClaraError('failed', `${quoted(name)} became shorter while it was read`, { wireCode: WireCode.payloadDownload });
    }
    if (sent < size) next = readPiece(file.fd, sent, size);
    try {
      yield piece;
    } finally {
      // The descriptor is closed when the reader leaves; nobody may still be reading from it then.
      if (sent < size) await next.catch(() => undefined);
    }
    if (sent >= size) return;
  }
}

async function readPiece(fd: number, position: number, size: number): Promise<Buffer> {
  const wanted = Math.min(chunkBytes, size - position);
  if (wanted === 0) return Buffer.alloc(0);
  const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafeSlow(wanted), 0, wanted, position);
  return buffer.subarray(0, bytesRead) as Buffer;
}
