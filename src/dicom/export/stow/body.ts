import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ClaraError } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { type FetchedFile } from '../fetch.ts';

/** The body of a request: a multipart message with one part for each instance (PS3.18 10.5, 8.7). */
export interface StoreBody {
  readonly contentType: string;
  readonly bytes: number;
  /** Piece by piece; no file is held in memory. */
  pieces(): AsyncGenerator<Buffer, void, undefined>;
}

const blockBytes = 256 * 1024;

export async function bodyOf(files: readonly FetchedFile[]): Promise<StoreBody> {
  const boundary = `clara-${newId()}`;
  // The transfer syntax is in the file; a parameter for it is more than Orthanc takes.
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const parts = await Promise.all(files.map(async ({ path }) => ({ path, bytes: (await stat(path)).size })));
  const lineEnd = Buffer.from('\r\n');
  const end = Buffer.from(`--${boundary}--\r\n`);
  return {
    contentType: `multipart/related; type="application/dicom"; boundary=${boundary}`,
    bytes: parts.reduce((sum, { bytes }) => sum + head.length + bytes + lineEnd.length, end.length),
    async *pieces() {
      for (const { path, bytes } of parts) {
        yield head;
        let sent = 0;
        for await (const piece of createReadStream(path, { highWaterMark: blockBytes, end: Math.max(0, bytes - 1) }) as AsyncIterable<Buffer>) {
          sent += piece.length;
          yield piece;
        }
        if (sent !== bytes) throw new ClaraError('failed', `${path} has become shorter while it was sent`);
        yield lineEnd;
      }
      yield end;
    },
  };
}
