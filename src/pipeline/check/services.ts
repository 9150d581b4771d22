import { foldName, quoted } from '../../core/names.ts';
import { type Connection, type Service } from '../model.ts';
import { type Mapping, type Scalar } from '../source.ts';
import { checkContainer } from './container.ts';
import { checkPartVersion } from './document.ts';
import { itemName } from './mounts.ts';
import { add, asMapping, checkKnown, checkPassable, listOf, mappingOf, requiredText, scalarOf, subject, type Subject } from './properties.ts';
import { checkName, checkRequests, checkVariables } from './values.ts';

const properties = ['name', 'api-version', 'description', 'container', 'connections', 'requests', 'variables'];

/** `services` of an operator, imports replaced by what they stand for (Clara guide, Services). */
export function checkServices(operator: Mapping, owner: Subject): readonly Service[] {
  const list = listOf(operator, 'services', owner, 'begin each service with "- name: …"');
  if (list === undefined || list.items.length === 0) return [];
  const { reported } = owner.check;
  if (!reported.has('services')) {
    add(owner, 'deprecated-services', operator.entries.get('services')!.key, 'services', 'services are deprecated; they run all the same', 'for a model of the repository use "models"');
    reported.add('services');
  }
  const services: Service[] = [];
  const names = new Set<string>();
  const connections = new Map<string, string>();
  for (const [index, item] of list.items.entries()) {
    const called = itemName(item);
    const title = `service ${called === undefined ? String(index + 1) : quoted(called)} of ${owner.title}`;
    const of = subject(owner.check, title, `services[${index}].`, owner.operator);
    const mapping = asMapping(item, '', { ...of, prefix: `services[${index}]` });
    if (mapping === undefined || mapping.unread === true) continue;
    const name = requiredText(mapping, 'name', of);
    if (name !== undefined && checkName(name, of, `service ${index + 1} of ${owner.title}`)) {
      if (names.has(foldName(name.text))) add(of, 'duplicate-name', name, 'name', `${owner.title} has two services named ${quoted(name.text)}; case makes no difference`);
      names.add(foldName(name.text));
    }
    services.push(checkService(mapping, name?.text ?? '', of, connections));
  }
  return services;
}

/** `taken` has the connections of the operator's other services, each with the service's title. */
function checkService(mapping: Mapping, name: string, of: Subject, taken: Map<string, string>): Service {
  checkKnown(mapping, properties, of, {
    parameters: 'a service has no parameters', input: 'a service has no inputs: it is called over its connections', output: 'a service has no outputs',
    image: '"image" belongs into "container"', command: '"command" belongs into "container"', tag: '"tag" belongs into "container"', http: '"http" belongs into "connections"',
  });
  checkPartVersion(mapping, of);
  const requests = checkRequests(mapping, of);
  return {
    name,
    description: scalarOf(mapping, 'description', of)?.text ?? '',
    container: checkContainer(mapping, of, requests),
    connections: checkConnections(mapping, of, taken),
    requests,
    variables: checkVariables(mapping, of),
  };
}

/** `connections.http`: each becomes a variable of the operator's environment (Clara guide, http). */
function checkConnections(service: Mapping, owner: Subject, taken: Map<string, string>): readonly Connection[] {
  const connections = mappingOf(service, 'connections', owner);
  if (connections === undefined) return [];
  const of = subject(owner.check, `"connections" of ${owner.title}`, `${owner.prefix}connections.`, owner.operator);
  const shared = 'what services share is in NVIDIA_CLARA_SERVICE_DATA_PATH';
  checkKnown(connections, ['http'], of, { file: shared, files: shared, volume: shared, volumes: shared });
  const found: Connection[] = [];
  const names = new Set<string>();
  for (const [index, item] of (listOf(connections, 'http', of, 'begin each connection with "- name: …"')?.items ?? []).entries()) {
    const each = subject(owner.check, `connection ${index + 1} of ${owner.title}`, `${of.prefix}http[${index}].`, owner.operator);
    const mapping = asMapping(item, '', { ...each, prefix: `${of.prefix}http[${index}]` });
    if (mapping === undefined) continue;
    checkKnown(mapping, ['name', 'port'], each);
    const name = requiredText(mapping, 'name', each);
    if (name !== undefined) checkConnectionName(name, each, owner, names, taken);
    found.push({ name: name?.text ?? '', port: checkPort(mapping, each) });
  }
  for (const name of names) taken.set(name, owner.title);
  return found;
}

function checkConnectionName(name: Scalar, of: Subject, owner: Subject, names: Set<string>, taken: ReadonlyMap<string, string>): void {
  checkPassable(name, 'name', of);
  if (name.text.includes('=')) {
    add(of, 'bad-variable', name, 'name', `no environment variable can be named ${quoted(name.text)}`, 'leave out "="');
  } else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name.text)) {
    add(of, 'environment-name', name, 'name', `the connection name ${quoted(name.text)} becomes a variable that shells cannot read`, 'use letters, digits and "_", and no digit first');
  }
  if (names.has(name.text)) add(of, 'duplicate-name', name, 'name', `${owner.title} has two connections named ${quoted(name.text)}`);
  const other = taken.get(name.text);
  if (other !== undefined) add(of, 'duplicate-connection', name, 'name', `${other} has a connection named ${quoted(name.text)} too; the operator gets the later one only`, 'give each connection a name of its own');
  names.add(name.text);
}

function checkPort(connection: Mapping, of: Subject): number | undefined {
  const port = scalarOf(connection, 'port', of);
  if (port === undefined) return undefined;
  const number = /^[1-9]\d{0,5}$/.test(port.text) ? Number(port.text) : 0;
  if (number >= 1024 && number <= 65_535) return number;
  add(of, 'bad-port', port, 'port', `the port of ${of.title} must be a number from 1024 to 65535, not ${quoted(port.text)}`);
  return undefined;
}
