import { ClaraError } from '../core/errors.ts';

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
  const components = view.getUint16(40);
  for (let i = 1; i < Math.min(components, 4); i++) {
    const at = 42 + i * 3;
    if (at + 3 > view.byteLength) throw damaged('not a JPEG 2000 stream');
    if (view.getUint8(at) !== view.getUint8(42) || view.getUint16(at + 1) !== 0x0101) throw new ClaraError('failed', 'the colours of the compressed image have different sizes');
  }
  return { columns: number(8) - number(16), rows: number(12) - number(20), components, precision: (view.getUint8(42) & 0x7f) + 1 };
}

/** Whether a JPEG 2000 stream has its colours transformed (ITU-T T.800 A.6.1). */
export function hasColourTransform(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  const view = viewOf(bytes.subarray(Math.max(start, 0)));
  for (let at = 2; at + 9 <= view.byteLength; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint16(at) === 0xff52) return view.getUint8(at + 8) === 1;
  }
  throw damaged('the JPEG 2000 stream has no coding style');
}

/** Whether the scans of a JPEG-LS stream hold one component each, one after the other (ITU-T T.87 C.2.3, ILV 0). */
export function isByComponent(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  for (let at = 2; at + 7 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint16(at) === 0xffff && at + 7 < view.byteLength) at += 1;
    if (view.getUint16(at) !== 0xffda) continue;
    const interleave = at + 6 + 2 * view.getUint8(at + 4);
    if (interleave < view.byteLength) return view.getUint8(interleave) === 0;
  }
  throw damaged('no JPEG-LS scan');
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
