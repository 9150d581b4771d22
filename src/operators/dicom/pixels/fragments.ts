import { type FileHandle } from 'node:fs/promises';
import { ClaraError } from '../../../core/errors.ts';
import { readExactly } from '../../volume/volume-reader.ts';

/** A run of bytes of a file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

const itemTag = 0xe000fffe;
const delimiterTag = 0xe0ddfffe;

/**
 * The fragments of encapsulated pixel data, frame by frame (PS3.5 A.4), found by reading the eight bytes before each.
 * @param offset where the first item, the basic offset table, begins.
 * @throws ClaraError `failed` where the items do not follow one another to the delimiter.
 */
export async function framesOfFragments(file: FileHandle, size: number, offset: number, frames: number, name: string): Promise<Extent[][]> {
  const head = Buffer.alloc(8);
  const fragments: Extent[] = [];
  let table: number[] = [];
  for (let at = offset; ; ) {
    if (at + 8 > size) throw truncated(size);
    await readExactly(file, head, at, name);
    const tag = head.readUInt32LE(0);
    const length = head.readUInt32LE(4);
    if (tag === delimiterTag) break;
    if (tag !== itemTag) throw new ClaraError('failed', `damaged fragments: no item at byte ${at}`);
    if (at + 8 + length > size) throw truncated(size);
    if (at === offset) table = await offsetTable(file, at + 8, length, name);
    else fragments.push({ offset: at + 8, length });
    at += 8 + length;
  }
  return assign(fragments, table, frames);
}

function truncated(size: number): ClaraError {
  return new ClaraError('failed', `truncated: the fragments go on past the file's ${size} bytes`);
}

async function offsetTable(file: FileHandle, at: number, length: number, name: string): Promise<number[]> {
  const bytes = Buffer.alloc(Math.min(length, 1 << 24));
  await readExactly(file, bytes, at, name);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readUInt32LE(index * 4));
}

/** Which fragments belong to which frame: the offset table says, or the counts leave only one way. */
export function assign(fragments: readonly Extent[], table: readonly number[], frames: number): Extent[][] {
  if (fragments.length === 0) throw new ClaraError('failed', 'no fragment of pixel data');
  if (frames === 1) return [[...fragments]];
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  if (table.length !== frames) throw new ClaraError('failed', `${fragments.length} fragments for ${frames} frames, and no offset table to tell them apart`);
  const base = fragments[0]!.offset - 8;
  return table.map((start, frame) => {
    const end = table[frame + 1] ?? Infinity;
    const own = fragments.filter((fragment) => fragment.offset - 8 - base >= start && fragment.offset - 8 - base < end);
    if (own.length === 0) throw new ClaraError('failed', `the offset table names no fragment for frame ${frame + 1}`);
    return own;
  });
}
