import { quoted } from '../core/names.ts';
import { primitives, type DataType, type MemoryType, type Primitive } from './model.ts';

/** Either spelling of every primitive, the long one as value: `u8` and `uint8` (Clara guide, Clara Structures and Primitives). */
const spellings: ReadonlyMap<string, Primitive> = new Map(primitives.flatMap((long) => [[long, long], [long.replace(/^(u?)[a-z]+/, (_, unsigned: string) => unsigned || long[0]!), long]] as const));

/** All that `type` may be, for suggestions. */
export const typeNames: readonly string[] = ['stream', 'array', 'string', ...spellings.keys()];
/** All that `element-type` of an array may be. */
export const primitiveNames: readonly string[] = [...spellings.keys()];

/** The primitive of a spelling, case as it is. */
export function primitiveOf(text: string): Primitive | undefined {
  return spellings.get(text);
}

/** A type as messages show it: `array of float32 [4, -1]`, `stream of "nifti"`, `string`, `int32`. */
export function describeType(type: DataType): string {
  if (type.kind === 'stream') return `stream of ${quoted(type.format)}`;
  if (type.kind === 'array') return `array of ${type.element} [${type.shape.join(', ')}]`;
  return type.kind === 'string' ? 'string' : type.element;
}

/** Whether what an output writes can be read by an input; `why` ends a sentence. */
export type Fit =
  | { readonly kind: 'fits' }
  /** It depends on what the operator does when it runs. */
  | { readonly kind: 'unproven'; readonly why: string }
  | { readonly kind: 'differs'; readonly why: string };

const fits: Fit = { kind: 'fits' };

/** Compares the two ends of a connection. A fixed dimension may feed one that is set at run time; the other way round it cannot be proved. */
export function fit(output: DataType, input: DataType): Fit {
  if (output.kind === 'stream' || input.kind === 'stream') {
    if (output.kind !== input.kind) return { kind: 'differs', why: 'one end is a directory, the other shared memory' };
    return output.kind === 'stream' && input.kind === 'stream' && output.format !== input.format ? { kind: 'differs', why: 'the element types differ' } : fits;
  }
  return fitArrays(output, input);
}

function fitArrays(output: MemoryType, input: MemoryType): Fit {
  if (output.element !== input.element) return { kind: 'differs', why: 'the element types differ' };
  if (output.shape.length !== input.shape.length) return { kind: 'differs', why: `one has ${dimensions(output)}, the other ${dimensions(input)}` };
  let unproven: number | undefined;
  for (const [index, size] of output.shape.entries()) {
    const wanted = input.shape[index]!;
    if (size === wanted || wanted === -1) continue;
    if (size !== -1) return { kind: 'differs', why: `dimension ${index + 1} is ${size} at one end and ${wanted} at the other` };
    unproven ??= index + 1;
  }
  return unproven === undefined ? fits : { kind: 'unproven', why: `dimension ${unproven} is set when the operator runs, and must then be ${input.shape[unproven - 1]!}` };
}

function dimensions({ shape }: MemoryType): string {
  return shape.length === 1 ? 'one dimension' : `${shape.length} dimensions`;
}
