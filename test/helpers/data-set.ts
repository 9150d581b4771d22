import { type Encoding, hasLongLength } from '../../src/dicom/part10/encoding.ts';

/** An element: tag, VR, value; a sequence has items instead, each a list of elements. `undefinedLength`: delimited (PS3.5 7.5). */
export interface TestElement {
  readonly tag: number;
  readonly vr: string;
  readonly value: string | Buffer | readonly (readonly TestElement[])[];
  readonly undefinedLength?: boolean;
}

/** A data set in an encoding, written for tests alone. */
export function encodeDataSet(elements: readonly TestElement[], encoding: Encoding): Buffer {
  return Buffer.concat(elements.map((element) => encodeElement(element, encoding)));
}

function encodeElement({ tag, vr, value, undefinedLength = false }: TestElement, encoding: Encoding): Buffer {
  const inner = vr === 'UN' ? { explicit: false, bigEndian: false } : encoding;
  const body = Array.isArray(value)
    ? Buffer.concat([...(value as readonly (readonly TestElement[])[]).map((item) => encodeItem(item, inner, undefinedLength)), ...(undefinedLength ? [header(0xfffee0dd, undefined, 0, inner)] : [])])
    : padded(value as string | Buffer, vr);
  return Buffer.concat([header(tag, vr, undefinedLength ? 0xffffffff : body.length, encoding), body]);
}

function encodeItem(elements: readonly TestElement[], encoding: Encoding, undefinedLength: boolean): Buffer {
  const body = encodeDataSet(elements, encoding);
  return Buffer.concat([header(0xfffee000, undefined, undefinedLength ? 0xffffffff : body.length, encoding), body, ...(undefinedLength ? [header(0xfffee00d, undefined, 0, encoding)] : [])]);
}

function padded(value: string | Buffer, vr: string): Buffer {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, 'latin1');
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
}

function header(tag: number, vr: string | undefined, length: number, { explicit, bigEndian }: Encoding): Buffer {
  const isLong = vr !== undefined && explicit && hasLongLength(vr);
  const bytes = Buffer.alloc(isLong ? 12 : 8);
  const u16 = (value: number, at: number) => (bigEndian ? bytes.writeUInt16BE(value, at) : bytes.writeUInt16LE(value, at));
  const u32 = (value: number, at: number) => (bigEndian ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at));
  u16(tag >>> 16, 0);
  u16(tag & 0xffff, 2);
  if (!explicit || vr === undefined) u32(length, 4);
  else {
    bytes.write(vr, 4);
    if (isLong) u32(length, 8);
    else u16(length, 6);
  }
  return bytes;
}
