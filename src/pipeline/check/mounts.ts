import { foldName, quoted } from '../../core/names.ts';
import { type Mapping, type Node, type Place, type Scalar } from '../source.ts';
import { type DataType } from '../model.ts';
import { firstTypedVersion, isAtLeast } from '../versions.ts';
import { add, asMapping, checkKnown, firstKey, listOf, missing, present, scalarOf, subject, type Subject } from './properties.ts';
import { checkPayloadType, checkType, typeProperties } from './types.ts';
import { checkName } from './values.ts';

/** One input or output as written; connections are resolved once all operators are known. */
export interface Mount {
  readonly of: Subject;
  /** What to underline when the whole of it is meant. */
  readonly place: Place;
  readonly from: Scalar | undefined;
  readonly name: Scalar | undefined;
  /** Normalised; empty where it is missing, wrong, or has no place. */
  readonly path: string;
  readonly pathPlace: Place;
  /** Undefined where it is missing or wrong. */
  readonly type: DataType | undefined;
  readonly typePlace: Place;
}

/** `input` of an operator (Clara guide, Input). */
export function checkInputs(operator: Mapping, owner: Subject): readonly Mount[] {
  return checkMounts(operator, 'input', owner, ['from', 'name', 'path']);
}

/** `output` of an operator: several must all be named, and differently (Clara guide, Output). */
export function checkOutputs(operator: Mapping, owner: Subject): readonly Mount[] {
  const outputs = checkMounts(operator, 'output', owner, ['name', 'path']);
  const names = new Map<string, Mount>();
  for (const output of outputs) {
    const folded = foldName(output.name?.text ?? '');
    if (folded === '' && outputs.length > 1) {
      add(output.of, 'unnamed-output', output.place, 'name', `${owner.title} has ${outputs.length} outputs, so each needs a name`);
    } else if (names.has(folded)) {
      add(output.of, 'duplicate-name', output.name ?? output.place, 'name', `${owner.title} has two outputs named ${quoted(output.name?.text ?? '')}; case makes no difference`);
    }
    names.set(folded, output);
  }
  return outputs;
}

function checkMounts(operator: Mapping, kind: 'input' | 'output', owner: Subject, known: readonly string[]): readonly Mount[] {
  const mounts: Mount[] = [];
  const help = `begin each ${kind} with "- "`;
  for (const [index, item] of (listOf(operator, kind, owner, help)?.items ?? []).entries()) {
    const of = subject(owner.check, `${kind} ${index + 1} of ${owner.title}`, `${kind}[${index}].`, owner.operator);
    const mapping = asMapping(item, '', { ...of, prefix: `${kind}[${index}]` });
    if (mapping !== undefined) mounts.push(checkMount(mapping, of, kind, known));
  }
  return mounts;
}

function checkMount(mapping: Mapping, of: Subject, kind: 'input' | 'output', known: readonly string[]): Mount {
  // `format` stands beside `type: stream` in definitions of the original; nothing is known of what it did.
  const typed = isAtLeast(of.check.version, firstTypedVersion) ? [...typeProperties, 'format'] : typeProperties;
  checkKnown(mapping, [...known, ...typed], of, { from: 'an output goes to whoever names it in "from"' });
  const type = checkType(mapping, of);
  const place = firstKey(mapping);
  const typePlace = present(mapping, 'type')?.value ?? place;
  const written = scalarOf(mapping, 'name', of);
  const name = written?.text === '' ? undefined : written;
  if (name !== undefined) checkName(name, of, of.title);
  if (name === undefined && isAtLeast(of.check.version, firstTypedVersion)) missing(place, 'name', of, `from api-version ${firstTypedVersion} on every ${kind} has a name`);
  const from = known.includes('from') ? scalarOf(mapping, 'from', of) : undefined;
  const path = scalarOf(mapping, 'path', of);
  // What a wrong type would have needed is not known.
  const needsPath = type === undefined ? present(mapping, 'type') === undefined : type.kind === 'stream';
  if (needsPath && present(mapping, 'path') === undefined) missing(place, 'path', of, 'an absolute directory inside the container');
  const source = from?.text === '' ? undefined : from;
  if (kind === 'input' && source === undefined && type !== undefined) checkPayloadType(type, typePlace, of);
  const onDisk = path !== undefined && (type === undefined || type.kind === 'stream');
  return { of, place, from: source, name, path: onDisk ? checkPath(path, of) : '', pathPlace: path ?? place, type, typePlace };
}

/** An absolute directory inside the container, in its shortest spelling; empty where it cannot be one. */
function checkPath(path: Scalar, of: Subject): string {
  const segments = path.text.split('/').filter((segment) => segment !== '' && segment !== '.');
  const normal = `/${segments.join('/')}`;
  const problem = pathProblem(path.text, segments);
  if (problem === undefined) return normal;
  add(of, 'bad-path', path, 'path', `the path ${quoted(path.text)} of ${of.title} ${problem}`);
  return '';
}

/** Directories of the machinery inside a container, where nothing can be mounted. */
const reserved = ['proc', 'sys', 'dev'];

function pathProblem(text: string, segments: readonly string[]): string | undefined {
  if (text === '') return 'is empty; an absolute directory such as /input belongs here';
  if (!text.startsWith('/')) return `is not absolute; it begins with "/"`;
  if (segments.includes('..')) return 'has a ".." in it; write the directory itself';
  if (segments.length === 0) return 'is the root of the container; use a directory such as /input';
  if (reserved.includes(segments[0]!)) return `lies in /${segments[0]}, where nothing can be mounted`;
  if (/[;\u0000-\u001f\u007f]/.test(text)) return 'has a character that cannot be passed on: a control character or ";"';
  if (Buffer.byteLength(text) > 4000 || segments.some((segment) => Buffer.byteLength(segment) > 255)) return 'is longer than a file system allows';
  return undefined;
}

/** Two mounts of one operator may not share a directory, and should not lie in each other: an input is read-only. */
export function checkPaths(mounts: readonly Mount[], owner: Subject): void {
  const seen = new Map<string, Mount>();
  for (const mount of mounts) {
    if (mount.path === '') continue;
    const first = seen.get(mount.path);
    if (first !== undefined) {
      add(mount.of, 'duplicate-path', mount.pathPlace, 'path', `${owner.title} uses ${quoted(mount.path)} twice, here and in line ${first.pathPlace.file.position(first.pathPlace.start).line}`,
        'give every input and output a directory of its own');
    } else {
      seen.set(mount.path, mount);
    }
  }
  // With the separator as the smallest character a directory is followed by what lies in it.
  const sorted = [...seen].map(([path, mount]) => ({ path, mount, key: path.replaceAll('/', '\0') })).sort((left, right) => (left.key < right.key ? -1 : 1));
  const around: string[] = [];
  for (const { path, mount } of sorted) {
    while (around.length > 0 && !path.startsWith(`${around.at(-1)}/`)) around.pop();
    const outer = around.at(-1);
    if (outer !== undefined) add(mount.of, 'nested-path', mount.pathPlace, 'path', `${quoted(path)} lies inside ${quoted(outer)}, another mount of ${owner.title}, and may hide what is there`);
    around.push(path);
  }
}

/** What an item of a list is called before its name is known. */
export function itemName(item: Node): string | undefined {
  const name = item.kind === 'mapping' ? present(item, 'name')?.value : undefined;
  return name?.kind === 'scalar' && name.text !== '' ? name.text : undefined;
}
