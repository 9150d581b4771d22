import { foldName, nameProblem, quoted } from '../../core/names.ts';
import { type Requests } from '../model.ts';
import { type Mapping, type Scalar } from '../source.ts';
import { firstModelsVersion, isBefore } from '../versions.ts';
import { add, asMapping, asScalar, checkKnown, checkPassable, listOf, mappingOf, requiredText, scalarOf, subject, type Subject } from './properties.ts';

/** Reports a name that breaks the rule of names; true where it is fine. */
export function checkName(scalar: Scalar, of: Subject, what: string, property = 'name'): boolean {
  const problem = nameProblem(scalar.text);
  if (problem !== undefined) add(of, 'bad-name', scalar, property, `the name of ${what}, ${quoted(scalar.text)}, ${problem}`);
  return problem === undefined;
}

/** `variables`: environment of the containers, names and text (Clara guide, Operator). Case counts, as it does in an environment. */
export function checkVariables(mapping: Mapping, of: Subject): Readonly<Record<string, string>> {
  // No prototype: `__proto__` is a name like any other.
  const variables = Object.create(null) as Record<string, string>;
  for (const { key, value } of mappingOf(mapping, 'variables', of)?.entries.values() ?? []) {
    const property = `variables.${key.text}`;
    const scalar = asScalar(value, property, of);
    if (key.text.includes('=') || key.text.includes('\0')) {
      add(of, 'bad-variable', key, property, `no environment variable can be named ${quoted(key.text)}`, 'leave out "="');
    } else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key.text)) {
      add(of, 'environment-name', key, property, `the variable name ${quoted(key.text)} is one that shells cannot read`, 'use letters, digits and "_", and no digit first');
    }
    if (scalar === undefined) continue;
    checkPassable(scalar, property, of);
    variables[key.text] = scalar.text;
  }
  return variables;
}

/** `requests`: whole numbers from 0 up (Clara guide, Requests). */
export function checkRequests(mapping: Mapping, owner: Subject): Requests {
  const requests = mappingOf(mapping, 'requests', owner);
  if (requests === undefined) return { cpu: undefined, gpu: undefined, memory: undefined };
  const of = subject(owner.check, `"requests" of ${owner.title}`, `${owner.prefix}requests.`, owner.operator);
  checkKnown(requests, ['cpu', 'gpu', 'memory'], of);
  return { cpu: amount(requests, 'cpu', of), gpu: amount(requests, 'gpu', of), memory: amount(requests, 'memory', of) };
}

const units = { cpu: 'whole cores', gpu: 'whole devices', memory: 'whole megabytes' };

function amount(requests: Mapping, name: keyof Requests, of: Subject): number | undefined {
  const scalar = scalarOf(requests, name, of);
  if (scalar === undefined) return undefined;
  if (/^(0|[1-9]\d{0,8})$/.test(scalar.text)) return Number(scalar.text);
  add(of, 'bad-request', scalar, name, `the request for ${name} must be a number of ${units[name]}, not ${quoted(scalar.text)}`,
    name === 'memory' && /^\d+(\.\d+)?\s*[KMGT]i?B?$/i.test(scalar.text) ? 'write megabytes without a unit: memory: 8192' : 'write it in digits, from 0 to 999999999');
  return undefined;
}

/** `models`: objects with the name of a model of the repository (Clara guide, Operator). */
export function checkModels(mapping: Mapping, owner: Subject): readonly string[] {
  const list = listOf(mapping, 'models', owner);
  if (list === undefined) return [];
  if (isBefore(owner.check.version, firstModelsVersion)) {
    add(owner, 'models-version', mapping.entries.get('models')!.key, 'models', `"models" belongs to api-version ${firstModelsVersion} and later; it is used all the same`);
  }
  const names = new Map<string, string>();
  for (const [index, item] of list.items.entries()) {
    const of = subject(owner.check, `model ${index + 1} of ${owner.title}`, `models[${index}].`, owner.operator);
    const model = asMapping(item, '', { ...of, prefix: `models[${index}]` });
    if (model === undefined) continue;
    checkKnown(model, ['name'], of);
    const name = requiredText(model, 'name', of);
    if (name === undefined) continue;
    // A model is a folder of the repository: more than a name of the language, less than a path.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(name.text)) {
      add(of, 'bad-name', name, 'name', `${quoted(name.text)} cannot be the name of a model`, 'letters, digits, "-", "_" and ".", 255 at most, a letter or digit first');
    } else if (names.has(foldName(name.text))) {
      add(of, 'duplicate-name', name, 'name', `${owner.title} lists the model ${quoted(name.text)} twice`);
    }
    names.set(foldName(name.text), name.text);
  }
  return [...names.values()];
}

/** A list of plain texts, such as `pull-secrets`. */
export function checkTexts(mapping: Mapping, name: string, of: Subject): readonly string[] {
  const texts: string[] = [];
  for (const [index, item] of (listOf(mapping, name, of)?.items ?? []).entries()) {
    const scalar = asScalar(item, `${name}[${index}]`, of);
    if (scalar?.text === '') add(of, 'bad-value', scalar, `${name}[${index}]`, `"${name}[${index}]" of ${of.title} is empty; a name belongs here`);
    else if (scalar !== undefined) texts.push(scalar.text);
  }
  return texts;
}
