import { type DataSet } from 'dicom-parser';
import { type JsonValue, type PersonName } from './json-model.ts';

/** Bytes of one value of a binary VR, and how it is read (PS3.5 6.2). */
const binary: Readonly<Record<string, { readonly size: number; readonly read: (dataSet: DataSet, key: string, index: number) => JsonValue | undefined }>> = {
  US: { size: 2, read: (dataSet, key, index) => dataSet.uint16(key, index) },
  SS: { size: 2, read: (dataSet, key, index) => dataSet.int16(key, index) },
  UL: { size: 4, read: (dataSet, key, index) => dataSet.uint32(key, index) },
  SL: { size: 4, read: (dataSet, key, index) => dataSet.int32(key, index) },
  FL: { size: 4, read: (dataSet, key, index) => finite(dataSet.float(key, index)) },
  FD: { size: 8, read: (dataSet, key, index) => finite(dataSet.double(key, index)) },
  AT: { size: 4, read: (dataSet, key, index) => `${hex(dataSet.uint16(key, 2 * index))}${hex(dataSet.uint16(key, 2 * index + 1))}` },
  SV: { size: 8, read: (dataSet, key, index) => long(dataSet, key, index, true) },
  UV: { size: 8, read: (dataSet, key, index) => long(dataSet, key, index, false) },
};
/** Texts of one value, in which a backslash is a letter. */
const single: ReadonlySet<string> = new Set(['ST', 'LT', 'UT', 'UR']);

/** The values of an element that is no sequence, as the DICOM JSON model has them (PS3.18 F.2.3). `decode`: its bytes as text. */
export function valuesOf(dataSet: DataSet, key: string, vr: string, decode: (bytes: Uint8Array) => string): readonly JsonValue[] {
  const { dataOffset, length } = dataSet.elements[key]!;
  const kind = binary[vr];
  if (kind !== undefined) return Array.from({ length: Math.floor(length / kind.size) }, (_, index) => kind.read(dataSet, key, index) ?? null);
  const text = decode(dataSet.byteArray.subarray(dataOffset, dataOffset + length)).replace(/[ \0]+$/, '');
  if (text === '') return [];
  if (single.has(vr)) return [text];
  return text.split('\\').map((value) => textValue(value.replace(/^ +|[ \0]+$/g, ''), vr));
}

function textValue(text: string, vr: string): JsonValue {
  if (text === '') return null;
  switch (vr) {
    // What is not a number stays as it is: the model allows both.
    case 'DS': return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'IS': return /^[+-]?\d+$/.test(text) ? Number(text) : text;
    case 'PN': return personName(text);
    default: return text;
  }
}

/** PS3.5 6.2.1: up to three ways to write a name. */
function personName(text: string): PersonName | null {
  const [alphabetic, ideographic, phonetic] = text.split('=').map((group) => group.trim());
  const name = { ...(alphabetic && { Alphabetic: alphabetic }), ...(ideographic && { Ideographic: ideographic }), ...(phonetic && { Phonetic: phonetic }) };
  return Object.keys(name).length === 0 ? null : name;
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function hex(value: number | undefined): string {
  return (value ?? 0).toString(16).padStart(4, '0').toUpperCase();
}

/** A whole number of 64 bits, little endian; text where a number would not be exact (PS3.18 F.2.3). */
function long(dataSet: DataSet, key: string, index: number, isSigned: boolean): JsonValue {
  const [low, high] = [dataSet.uint32(key, 2 * index) ?? 0, dataSet.uint32(key, 2 * index + 1) ?? 0];
  const bits = (BigInt(high) << 32n) | BigInt(low);
  const value = isSigned ? BigInt.asIntN(64, bits) : bits;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
