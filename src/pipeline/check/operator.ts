import { quoted } from '../../core/names.ts';
import { type Container, type Requests, type Service } from '../model.ts';
import { type Mapping, type Place, type Scalar } from '../source.ts';
import { checkContainer } from './container.ts';
import { checkInputs, checkOutputs, checkPaths, itemName, type Mount } from './mounts.ts';
import { checkKnown, mappingOf, requiredText, scalarOf, subject, type Check, type Subject } from './properties.ts';
import { checkServices } from './services.ts';
import { checkModels, checkName, checkRequests, checkVariables } from './values.ts';
import { checkPartVersion } from './document.ts';

/** An operator as written, before its inputs are connected. */
export interface OperatorDraft {
  readonly of: Subject;
  /** Undefined where it is missing or not a name. */
  readonly name: Scalar | undefined;
  /** Where the pipeline names it: its name, or the import that it comes from. */
  readonly place: Place;
  readonly description: string;
  readonly container: Container;
  readonly inputs: readonly Mount[];
  readonly outputs: readonly Mount[];
  readonly requests: Requests;
  readonly variables: Readonly<Record<string, string>>;
  readonly models: readonly string[];
  readonly services: readonly Service[];
  /** Stands for a definition in another file that could not be read, so that its outputs are not known. */
  readonly unread: boolean;
}

/** What an operator may have. */
export const operatorProperties = ['name', 'api-version', 'description', 'container', 'input', 'output', 'parameters', 'models', 'requests', 'services', 'variables'];

/** An entry of `operators`, imports replaced by what they stand for (Clara guide, Operator). `index` counts from 0. */
export function checkOperator(mapping: Mapping, index: number, check: Check): OperatorDraft {
  const called = itemName(mapping);
  const of = subject(check, called === undefined ? `operator ${index + 1}` : `operator ${quoted(called)}`, '', called);
  if (mapping.unread === true) return unreadDraft(mapping, of);
  checkKnown(mapping, operatorProperties, of, {
    image: '"image" belongs into "container"', command: '"command" belongs into "container"', tag: '"tag" belongs into "container"',
    env: 'environment variables are "variables"', connections: 'connections belong to a service', path: 'what is imported stands in one object: import: {path: …}', args: 'what is imported stands in one object: import: {path: …, args: …}',
  });
  const name = requiredText(mapping, 'name', of);
  checkPartVersion(mapping, of);
  mappingOf(mapping, 'parameters', of);
  const inputs = checkInputs(mapping, of);
  const outputs = checkOutputs(mapping, of);
  checkPaths([...inputs, ...outputs], of);
  const variables = checkVariables(mapping, of);
  const requests = checkRequests(mapping, of);
  const container = checkContainer(mapping, of, requests);
  return {
    of, inputs, outputs, container, requests, variables, unread: false, place: placeOf(mapping, name),
    name: name !== undefined && checkName(name, of, `operator ${index + 1}`) ? name : undefined,
    description: scalarOf(mapping, 'description', of)?.text ?? '',
    models: checkModels(mapping, of),
    services: checkServices(mapping, of),
  };
}

/** An operator of which no more is known than what stands at the import. */
function unreadDraft(mapping: Mapping, of: Subject): OperatorDraft {
  const name = scalarOf(mapping, 'name', of);
  // Any operator that is not found may be this one.
  if (name === undefined) of.check.reported.add('unread');
  return {
    of, name, place: placeOf(mapping, name), description: '', container: { image: '', tag: 'latest', command: [] }, inputs: [], outputs: [],
    requests: { cpu: undefined, gpu: undefined, memory: undefined }, variables: {}, models: [], services: [], unread: true,
  };
}

function placeOf(mapping: Mapping, name: Scalar | undefined): Place {
  return name?.file === mapping.file ? name : mapping;
}
