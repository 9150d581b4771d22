import { ClaraError } from '../../../core/errors.ts';
import { type PixelFormat } from '../instances/instance.ts';
import { type Packing } from '../instances/transfer-syntaxes.ts';

/** Decodes one frame of encapsulated pixel data to little-endian words of `bitsAllocated` bits. */
export function unpack(packing: Packing, _packed: Uint8Array, _format: PixelFormat): Promise<Uint8Array> {
  return Promise.reject(new ClaraError('failed', `cannot decode ${packing}`));
}
