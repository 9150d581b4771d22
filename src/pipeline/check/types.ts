import { quoted } from '../../core/names.ts';
import { type DataType, type Primitive } from '../model.ts';
import { type Mapping, type Place, type Scalar } from '../source.ts';
import { primitiveNames, primitiveOf, typeNames } from '../types.ts';
import { firstTypedVersion, isBefore } from '../versions.ts';
import { add, checkPassable, firstKey, listOf, missing, present, requiredText, type Subject } from './properties.ts';

/** Properties of inputs and outputs that came with types. */
export const typeProperties = ['type', 'element-type', 'shape'];

/** Dimensions of an array: more than any image has, and few enough for a header of fixed size. */
const mostDimensions = 16;

/** The type of an input or output where it has one that is right; otherwise what is wrong with it is reported. */
export function checkType(mapping: Mapping, of: Subject): DataType | undefined {
  const { version } = of.check;
  if (isBefore(version, firstTypedVersion)) {
    for (const name of typeProperties) {
      const entry = present(mapping, name);
      if (entry !== undefined) add(of, 'typed-version', entry.key, name, `"${name}" needs api-version ${firstTypedVersion} or later; this definition has ${version}`, 'remove it, or raise the api-version');
    }
    return undefined;
  }
  if (present(mapping, 'type') === undefined) {
    if (version !== undefined) missing(firstKey(mapping), 'type', of, `from api-version ${firstTypedVersion} on every input and output has a type`);
    return undefined;
  }
  const type = requiredText(mapping, 'type', of);
  return type === undefined ? undefined : checkKind(type, mapping, of);
}

function checkKind(type: Scalar, mapping: Mapping, of: Subject): DataType | undefined {
  switch (type.text) {
    case 'stream': return checkStream(mapping, of);
    case 'array': return checkArray(mapping, of);
    case 'string':
      forbid(mapping, ['element-type', 'shape', 'path'], 'a string', of);
      return { kind: 'string', element: 'uint8', shape: [-1] };
    default: {
      const element = knownPrimitive(type, 'type', typeNames, of);
      if (element === undefined) return undefined;
      forbid(mapping, ['element-type', 'shape', 'path'], `a single ${element}`, of);
      return { kind: 'primitive', element, shape: [1] };
    }
  }
}

function checkStream(mapping: Mapping, of: Subject): DataType | undefined {
  forbid(mapping, ['shape'], 'a stream', of);
  const format = requiredText(mapping, 'element-type', of);
  if (format === undefined) return undefined;
  checkPassable(format, 'element-type', of);
  return { kind: 'stream', format: format.text };
}

function checkArray(mapping: Mapping, of: Subject): DataType | undefined {
  forbid(mapping, ['path'], 'an array', of);
  const written = requiredText(mapping, 'element-type', of);
  const element = written === undefined ? undefined : knownPrimitive(written, 'element-type', primitiveNames, of);
  const shape = checkShape(mapping, of);
  return element === undefined || shape === undefined ? undefined : { kind: 'array', element, shape };
}

function knownPrimitive(scalar: Scalar, property: string, known: readonly string[], of: Subject): Primitive | undefined {
  const element = primitiveOf(scalar.text);
  if (element === undefined) {
    add(of, 'unknown-type', scalar, property, `${quoted(scalar.text)} is no ${property === 'type' ? 'type' : 'type of an array\'s elements'}`,
      of.check.findings.didYouMean(scalar.text, known) ?? `known are ${property === 'type' ? 'stream, array, string, ' : ''}int8, uint8, float32 and so on`);
  }
  return element;
}

/** `shape`: whole numbers from 1 up, or -1 for what is known at run time only. */
function checkShape(mapping: Mapping, of: Subject): readonly number[] | undefined {
  if (present(mapping, 'shape') === undefined) {
    missing(present(mapping, 'type')!.key, 'shape', of, 'for example shape: [-1, 512, 512]; -1 is a dimension that is set at run time');
    return undefined;
  }
  const list = listOf(mapping, 'shape', of, 'for example shape: [-1, 512, 512]');
  if (list === undefined) return undefined;
  if (list.items.length === 0 || list.items.length > mostDimensions) {
    add(of, 'bad-shape', list, 'shape', `the shape of ${of.title} has ${list.items.length} dimensions; 1 to ${mostDimensions} are allowed`);
    return undefined;
  }
  const sizes: number[] = [];
  for (const [index, item] of list.items.entries()) {
    if (item.kind === 'scalar' && /^(-1|[1-9]\d{0,14})$/.test(item.text)) sizes.push(Number(item.text));
    else add(of, 'bad-shape', item, `shape[${index}]`, `dimension ${index + 1} of the shape of ${of.title} must be a whole number from 1 up, or -1`, '-1 is a dimension that is set at run time');
  }
  return sizes.length < list.items.length ? undefined : sizes;
}

/** Reports properties that a type has no place for. */
function forbid(mapping: Mapping, names: readonly string[], what: string, of: Subject): void {
  for (const name of names) {
    const entry = present(mapping, name);
    if (entry === undefined) continue;
    add(of, 'misplaced-property', entry.key, name, `${of.title} is ${what}, which has no ${quoted(name)}`,
      name === 'path' ? 'it is passed in shared memory: remove the path, or use type: stream' : `remove ${quoted(name)}`);
  }
}

/** Checks that what is read from the payload is files: nothing else can be uploaded. */
export function checkPayloadType(type: DataType, place: Place, of: Subject): void {
  if (type.kind !== 'stream') add(of, 'payload-type', place, 'type', `${of.title} reads the payload's input, which is files, as ${type.kind === 'array' ? 'an array' : `a ${type.kind}`}`, 'use type: stream, or add "from"');
}

