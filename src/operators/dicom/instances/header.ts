import { type FileHandle } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { type DataSet, parseDicom } from 'dicom-parser';
import { messageOf } from '../../../core/errors.ts';
import { readExactly } from '../../volume/volume-reader.ts';
import { tags, text } from './attributes.ts';
import { deflatedSyntax } from '../../../pixels/transfer-syntaxes.ts';

/** A first bite of a file; the attributes of most slices fit into it. */
export const firstBytes = 64 * 1024;
/** Attributes before the pixel data: an enhanced image of thousands of frames has some ten megabytes of them. */
const mostBytes = 64 * 1024 * 1024;
/** What a deflated data set may grow to. */
const mostInflatedBytes = 512 * 1024 * 1024;

/** The attributes of a file before its pixel data. */
export type Header =
  | { readonly kind: 'header'; readonly dataSet: DataSet; readonly transferSyntax: string; readonly dataLength: number }
  | { readonly kind: 'not-dicom' }
  | { readonly kind: 'broken'; readonly reason: string };

/**
 * Reads the attributes of a DICOM file (PS3.10) up to its pixel data, and no more of the file than that: pieces of
 * growing size are parsed until the tag of the pixel data, or the file's end, is reached.
 * @param scratch memory for the first piece; the header that is returned points into it.
 */
export async function readHeader(file: FileHandle, size: number, name: string, scratch: Buffer = Buffer.alloc(firstBytes)): Promise<Header> {
  if (size < 132) return { kind: 'not-dicom' };
  let length = Math.min(firstBytes, size);
  for (;;) {
    const bytes = length <= scratch.length ? scratch.subarray(0, length) : Buffer.allocUnsafeSlow(length);
    await readExactly(file, bytes, 0, name);
    renameOffsetTables(bytes);
    if (bytes.toString('latin1', 128, 132) !== 'DICM') return { kind: 'not-dicom' };
    const complete = length === size;
    const parsed = parse(bytes, complete);
    if (parsed.kind === 'header' && (complete || parsed.dataSet.elements[tags.pixelData] !== undefined)) return { ...parsed, dataLength: Math.max(parsed.dataLength, size) };
    if (complete) return parsed.kind === 'broken' ? parsed : { kind: 'broken', reason: 'the attributes end too early' };
    if (length >= mostBytes) return { kind: 'broken', reason: `no pixel data within the first ${mostBytes >> 20} MiB` };
    length = parsed.kind === 'deflated' ? size : Math.min(length * 4, size);
  }
}

/** (7FE0,0001) and (7FE0,0002), Extended Offset Table and its lengths: tag, VR OV, two reserved bytes. */
const offsetTables = [0x01, 0x02].map((element) => Buffer.from([0xe0, 0x7f, element, 0x00, 0x4f, 0x56, 0x00, 0x00]));

/** dicom-parser does not know that the VR OV has a length of four bytes, as OB has; the two tables stand before the pixels of many newer files. */
function renameOffsetTables(bytes: Buffer): void {
  for (const table of offsetTables) {
    const at = bytes.lastIndexOf(table);
    if (at >= 0) bytes.write('OB', at + 4, 'latin1');
  }
}

/** A deflated data set (PS3.5 A.5) was met before all of it was read. */
type Parsed = Exclude<Header, { kind: 'not-dicom' }> | { readonly kind: 'deflated' };

function parse(bytes: Uint8Array, complete: boolean): Parsed {
  let inflated: Uint8Array | undefined;
  let deflated = false;
  const inflater = (_: Uint8Array, position: number): Uint8Array => {
    deflated = true;
    if (!complete) throw new Error('only a part of the deflated data set was read');
    return (inflated = inflateRawSync(bytes.subarray(position), { maxOutputLength: mostInflatedBytes }));
  };
  try {
    const dataSet = parseDicom(bytes, { untilTag: tags.pixelData, inflater });
    // The elements of the meta header keep their offsets in the file, so they cannot be read from an inflated data set.
    const transferSyntax = deflated ? deflatedSyntax : (text(dataSet, tags.transferSyntax) ?? '');
    return { kind: 'header', dataSet, transferSyntax, dataLength: inflated?.length ?? 0 };
  } catch (error) {
    if (deflated && !complete) return { kind: 'deflated' };
    return { kind: 'broken', reason: reasonOf(error) };
  }
}

/** dicom-parser throws strings, errors, and records that wrap either. */
function reasonOf(error: unknown): string {
  const cause: unknown = typeof error === 'object' && error !== null && 'exception' in error ? error.exception : error;
  return messageOf(cause).replace(/^dicomParser[.:]\w+:\s*/, '');
}

/** The data set of a deflated file, inflated; offsets of its header point into it. */
export async function inflatedDataSet(file: FileHandle, size: number, name: string): Promise<Uint8Array> {
  const header = await readHeader(file, size, name);
  if (header.kind !== 'header' || header.transferSyntax !== deflatedSyntax) throw new Error('the file changed while it was read');
  return header.dataSet.byteArray;
}
