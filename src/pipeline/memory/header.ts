import { primitives, type MemoryType, type Primitive } from '../model.ts';

/**
 * The start of every file that passes an array through shared memory (docs/typed-io.md). All numbers are little endian:
 * 0 `CLARAMEM` · 8 version, u16 · 10 element type, u16 · 12 kind, u16 · 14 rank, u16 · 16 offset of the data, u32 ·
 * 20 zeros up to 32 · 32 dimensions, i64 each, the slowest first; -1 is not set yet. Zeros up to the data.
 */
const magic = 'CLARAMEM';
const version = 1;
const dimensionsAt = 32;

/** Dimensions of an array at most. */
export const mostDimensions = 16;
/** Bytes that hold every header. */
export const headerBytes = dimensionsAt + mostDimensions * 8;
/** Where the data begin in the files that we make: at a page, so that they can be mapped by themselves. */
export const dataOffset = 4096;

/** In the order of their numbers, from 1. */
const kinds: readonly MemoryType['kind'][] = ['array', 'string', 'primitive'];

const elementBytes: Readonly<Record<Primitive, number>> = {
  uint8: 1, uint16: 2, uint32: 4, uint64: 8, int8: 1, int16: 2, int32: 4, int64: 8, float16: 2, float32: 4, float64: 8,
};

export interface MemoryHeader extends MemoryType {
  /** Bytes from the start of the file. */
  readonly dataOffset: number;
}

/** The header of a file whose data begin at the usual place. */
export function encodeHeader({ kind, element, shape }: MemoryType): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint16(8, version, true);
  view.setUint16(10, primitives.indexOf(element) + 1, true);
  view.setUint16(12, kinds.indexOf(kind) + 1, true);
  view.setUint16(14, shape.length, true);
  view.setUint32(16, dataOffset, true);
  shape.forEach((size, index) => view.setBigInt64(dimensionsAt + index * 8, BigInt(size), true));
  return bytes;
}

/** Reads a header, or says in a clause about the file what is wrong with it. */
export function decodeHeader(bytes: Uint8Array): MemoryHeader | string {
  if (bytes.length < headerBytes) return `is ${bytes.length} bytes long, shorter than its header of ${headerBytes}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, magic.length)) !== magic) return `does not begin with ${magic}`;
  if (view.getUint16(8, true) !== version) return `has version ${view.getUint16(8, true)} of the header, not ${version}`;
  const element = primitives[view.getUint16(10, true) - 1];
  const kind = kinds[view.getUint16(12, true) - 1];
  const rank = view.getUint16(14, true);
  if (element === undefined) return `has the unknown element type ${view.getUint16(10, true)}`;
  if (kind === undefined) return `has the unknown kind ${view.getUint16(12, true)}`;
  if (rank < 1 || rank > mostDimensions) return `has ${rank} dimensions; 1 to ${mostDimensions} are possible`;
  const offset = view.getUint32(16, true);
  if (offset < dimensionsAt + rank * 8) return `says that its data begin at ${offset}, inside the header`;
  const shape = Array.from({ length: rank }, (_, index) => Number(view.getBigInt64(dimensionsAt + index * 8, true)));
  return { kind, element, shape, dataOffset: offset };
}

/** Bytes of the data; undefined where a dimension is not set, or where they are more than any machine has. */
export function dataBytes({ element, shape }: Pick<MemoryType, 'element' | 'shape'>): number | undefined {
  if (shape.some((size) => size < 0)) return undefined;
  const bytes = shape.reduce((product, size) => product * size, elementBytes[element]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Whether every dimension is fixed by the definition. */
export function isStatic({ shape }: Pick<MemoryType, 'shape'>): boolean {
  return shape.every((size) => size >= 0);
}

/** How a shape that an operator has set differs from the one that is declared, in a clause; undefined where it does not. */
export function shapeProblem(declared: Pick<MemoryType, 'element' | 'shape'>, found: Pick<MemoryType, 'element' | 'shape'>): string | undefined {
  if (found.element !== declared.element) return `holds ${found.element}, not ${declared.element}`;
  if (found.shape.length !== declared.shape.length) return `has ${found.shape.length} dimensions, not ${declared.shape.length}`;
  for (const [index, wanted] of declared.shape.entries()) {
    const size = found.shape[index]!;
    if (size < 0) return `has no size for dimension ${index + 1}: the operator has to set it`;
    if (wanted !== -1 && size !== wanted) return `has ${size} for dimension ${index + 1}, not ${wanted}`;
  }
  return undefined;
}

/** An element type and a shape in a word: `float32[4,-1]`. */
export function typeText({ element, shape }: Pick<MemoryType, 'element' | 'shape'>): string {
  return `${element}[${shape.join(',')}]`;
}

/** Reads such a word; undefined where it is none. */
export function parseTypeText(text: string): Pick<MemoryType, 'element' | 'shape'> | undefined {
  const [, name, sizes] = /^([a-z]+\d+)\[(-?\d+(?:,-?\d+)*)\]$/.exec(text) ?? [];
  const element = primitives.find((primitive) => primitive === name);
  return element === undefined ? undefined : { element, shape: sizes!.split(',').map(Number) };
}
