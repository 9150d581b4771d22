import { ClaraError } from '../../../core/errors.ts';

/** What a compressed frame says of itself. It must agree with the attributes: the decoders trust one or the other. */
export interface CodestreamFrame {
  readonly columns: number;
  readonly rows: number;
  /** Bits per value. */
  readonly precision: number;
  readonly components: number;
}

/** Reads the frame header of a JPEG or JPEG-LS stream (ITU-T T.81 B.2.2, T.87 C.2.2). */
export function jpegFrame(bytes: Uint8Array): CodestreamFrame {
  const view = viewOf(bytes);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) throw damaged('not a JPEG stream');
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) throw damaged('a JPEG marker is missing');
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1; // Fill byte.
      continue;
    }
    if (isFrameHeader(marker)) {
      return { precision: bytes[at + 4]!, rows: view.getUint16(at + 5), columns: view.getUint16(at + 7), components: bytes[at + 9]! };
    }
    at += 2 + view.getUint16(at + 2);
  }
  throw damaged('no JPEG frame header');
}

/** SOF0 to SOF15 without the tables and arithmetic conditioning among them, and JPEG-LS's SOF55. */
function isFrameHeader(marker: number): boolean {
  return marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);
}

/** Reads the size segment of a JPEG 2000 stream (ITU-T T.800 A.5.1), which may be wrapped in JP2 boxes. */
export function jpeg2000Frame(bytes: Uint8Array): CodestreamFrame {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  if (start === -1 || start + 45 > bytes.length) throw damaged('not a JPEG 2000 stream');
  const view = viewOf(bytes.subarray(start));
  const number = (at: number): number => view.getUint32(at);
  return { columns: number(8) - number(16), rows: number(12) - number(20), components: view.getUint16(40), precision: (view.getUint8(42) & 0x7f) + 1 };
}

/** True where the stream ends with its end marker (FFD9), a byte of padding aside: the decoders fill up what is missing. */
export function hasEnd(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && bytes[end - 1] === 0) end -= 1;
  return bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}

export function damaged(what: string): ClaraError {
  return new ClaraError('failed', `damaged compressed pixel data: ${what}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
