import { quoted } from '../../core/names.ts';
import { type Container, type Requests } from '../model.ts';
import { type Mapping, type Scalar } from '../source.ts';
import { isAtLeast, type ApiVersion } from '../versions.ts';
import { checkContainer } from './container.ts';
import { checkInputs, checkOutputs, checkPaths, itemName, type Mount } from './mounts.ts';
import { add, checkKnown, mappingOf, notSupported, present, requiredText, scalarOf, subject, type Check, type Subject } from './properties.ts';
import { checkModels, checkName, checkRequests, checkVariables } from './values.ts';
import { checkVersion } from './document.ts';

/** An operator as written, before its inputs are connected. */
export interface OperatorDraft {
  readonly of: Subject;
  /** Undefined where it is missing or not a name. */
  readonly name: Scalar | undefined;
  readonly description: string;
  readonly container: Container;
  readonly inputs: readonly Mount[];
  readonly outputs: readonly Mount[];
  readonly requests: Requests;
  readonly variables: Readonly<Record<string, string>>;
  readonly models: readonly string[];
  /** Stands for a definition in another file, so that its outputs are not known here. */
  readonly imported: boolean;
}

const properties = ['name', 'api-version', 'description', 'container', 'input', 'output', 'parameters', 'models', 'requests', 'services', 'variables'];
const importProperties = ['import', 'path', 'args'];

/** An entry of `operators` (Clara guide, Operator). `index` counts from 0. */
export function checkOperator(mapping: Mapping, index: number, check: Check): OperatorDraft {
  const called = itemName(mapping);
  const of = subject(check, called === undefined ? `operator ${index + 1}` : `operator ${quoted(called)}`, '', called);
  const importKey = importProperties.map((name) => mapping.entries.get(name)?.key).find((key) => key !== undefined);
  if (importKey !== undefined) return importDraft(mapping, importKey, of);
  checkKnown(mapping, properties, of, { image: '"image" belongs into "container"', command: '"command" belongs into "container"', env: 'environment variables are "variables"' });
  const name = requiredText(mapping, 'name', of);
  const version = checkVersion(mapping, of);
  if (version !== undefined && check.version !== undefined && version !== check.version && isAtLeast(version, check.version)) laterVersion(mapping, version, check.version, of);
  const services = present(mapping, 'services');
  if (services !== undefined) notSupported('services', services.key, 'services', of, 'remove "services", and let the operator bring what it needs');
  mappingOf(mapping, 'parameters', of);
  const inputs = checkInputs(mapping, of);
  const outputs = checkOutputs(mapping, of);
  checkPaths([...inputs, ...outputs], of);
  return {
    of, inputs, outputs, imported: false,
    name: name !== undefined && checkName(name, of, `operator ${index + 1}`) ? name : undefined,
    description: scalarOf(mapping, 'description', of)?.text ?? '',
    container: checkContainer(mapping, of),
    requests: checkRequests(mapping, of),
    variables: checkVariables(mapping, of),
    models: checkModels(mapping, of),
  };
}

function laterVersion(mapping: Mapping, version: ApiVersion, root: ApiVersion, of: Subject): void {
  add(of, 'operator-version', present(mapping, 'api-version')!.value, 'api-version', `${of.title} has api-version ${version}, later than the pipeline's ${root}`, `leave "api-version" to the pipeline`);
}

function importDraft(mapping: Mapping, place: Scalar, of: Subject): OperatorDraft {
  notSupported('imports', place, place.text, of, 'write the operator in place');
  const name = scalarOf(mapping, 'name', of);
  return {
    of, name, description: '', container: { image: '', tag: 'latest', command: [] }, inputs: [], outputs: [],
    requests: { cpu: undefined, gpu: undefined, memory: undefined }, variables: {}, models: [], imported: true,
  };
}
