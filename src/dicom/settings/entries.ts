import { isIP } from 'node:net';
import { parseId } from '../../core/ids.ts';
import { nearest } from '../../core/text/nearest.ts';
import { type ClaraAeTitle, claraAeTitle, type Destination, problemsOfAeTitle, problemsOfDestination, problemsOfSource, type Source } from '../entities/entities.ts';
import { type Generation } from './findings.ts';
import { type NodeReader } from './node-reader.ts';
import { integer, text, texts, truth } from './values.ts';

/** A pipeline mapping of the older generation. */
export interface Mapping {
  readonly name: string;
  readonly aeTitle: string;
  /** Undefined: it was complained about. */
  readonly pipelineId: string | undefined;
  readonly at: NodeReader;
}

/** What an AE title's entry says, before mappings are added. */
export interface AeTitleEntry {
  readonly entity: ClaraAeTitle;
  readonly at: NodeReader;
}

export function readAeTitle(entry: NodeReader, generation: Generation): AeTitleEntry[] {
  const aeTitle = text(entry.get('ae-title'));
  const timeout = generation === 'yaml' ? integer(entry.get('timeout'), 0, 0, 999_999) : undefined;
  const own = entry.texts('processor-settings');
  const name = text(entry.get('name'));
  const processor = text(entry.get('processor'));
  const entity = aeTitle === undefined ? undefined : claraAeTitle({
    aeTitle, exactTimeout: generation === 'yaml',
    overwriteSameInstance: truth(entry.get('overwrite-same-instance'), false),
    ignoredSopClasses: texts(entry.get('ignored-sop-classes')),
    processorSettings: { ...(timeout === undefined ? {} : { timeout: String(timeout) }), ...own },
    ...(name !== undefined && { name }), ...(processor !== undefined && { processor }),
  });
  if (entry.get('timeout-group') !== undefined) entry.complain('`timeout-group` has no effect since 0.6; write `groupBy` below `processor-settings`', 'warning');
  if (entity === undefined) entry.complain('an AE title needs `ae-title`');
  entry.finish();
  return entity === undefined ? [] : [{ entity, at: entry }];
}

export function readSources(entries: readonly NodeReader[]): Source[] {
  return once(entries.flatMap((entry) => {
    const values = required(entry, 'a source', { aeTitle: entry.get('ae-title', 'ae-titles'), hostIp: entry.get('host-ip') }, { aeTitle: 'ae-title', hostIp: 'host-ip' });
    entry.finish();
    if (values === undefined) return [];
    const source = { aeTitle: values.aeTitle, hostIp: values.hostIp };
    if (isIP(source.hostIp) === 0 && problemsOfSource(source).length === 0) entry.complain(`\`${source.hostIp}\` is a name, and senders are known by their address: nobody can send under it; write the address`, 'warning');
    return checked(entry, source, problemsOfSource(source));
  }), ({ aeTitle }) => aeTitle, 'the AE title `NAME` is there twice, and a sender has one address');
}

export function readDestinations(entries: readonly NodeReader[]): Destination[] {
  return once(entries.flatMap((entry) => {
    const values = required(entry, 'a destination', { name: entry.get('name'), aeTitle: entry.get('ae-title'), hostIp: entry.get('host-ip'), port: entry.get('port') }, { name: 'name', aeTitle: 'ae-title', hostIp: 'host-ip', port: 'port' });
    const before = entry.complaints;
    const port = integer(entry.get('port'), 0, 1, 65_535);
    entry.finish();
    if (values === undefined || entry.complaints > before) return [];
    const destination = { name: values.name, aeTitle: values.aeTitle, hostIp: values.hostIp, port };
    return checked(entry, destination, problemsOfDestination(destination));
    // Pipelines name them in any case.
  }), ({ name }) => name.toLowerCase(), 'a destination named `NAME` is there twice');
}

/** The texts of keys that have to be there; what is not is complained about once, by name. */
function required<Key extends string>(entry: NodeReader, what: string, found: Readonly<Record<Key, ReturnType<NodeReader['get']>>>, names: Readonly<Record<Key, string>>): Record<Key, string> | undefined {
  const values = Object.fromEntries((Object.keys(found) as Key[]).map((key) => [key, text(found[key])])) as Record<Key, string | undefined>;
  const missing = (Object.keys(values) as Key[]).filter((key) => values[key] === undefined).map((key) => `\`${names[key]}\``);
  if (missing.length === 0) return values as Record<Key, string>;
  entry.complain(`${what} needs ${missing.join(' and ')}`);
  return undefined;
}

function checked<Entity>(at: NodeReader, entity: Entity, problems: readonly string[]): { readonly entity: Entity; readonly at: NodeReader }[] {
  for (const problem of problems) at.complain(problem);
  return problems.length === 0 ? [{ entity, at }] : [];
}

function once<Entity>(entries: readonly { readonly entity: Entity; readonly at: NodeReader }[], keyOf: (entity: Entity) => string, complaint: string): Entity[] {
  const seen = new Set<string>();
  return entries.flatMap(({ entity, at }) => {
    const key = keyOf(entity);
    if (seen.has(key)) at.complain(complaint.replace('NAME', key));
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew ? [entity] : [];
  });
}

export function readMappings(entries: readonly NodeReader[]): Mapping[] {
  return entries.flatMap((entry) => {
    const aeTitle = text(entry.get('clara-ae-title', 'ae-title'));
    const id = text(entry.get('pipeline-id'));
    const pipelineId = parseId(id ?? '');
    const name = text(entry.get('name')) || aeTitle;
    entry.finish();
    if (aeTitle === undefined) entry.complain('a mapping needs `clara-ae-title`');
    if (pipelineId === undefined) entry.complain(id === undefined ? 'a mapping needs `pipeline-id`' : `\`pipeline-id\`: ${JSON.stringify(id)} is not the id of a pipeline; \`clara list pipelines\` shows them`);
    return aeTitle === undefined ? [] : [{ name: name!, aeTitle, pipelineId, at: entry }];
  });
}

/** The AE titles with their mappings, checked against each other. */
export function joined(entries: readonly AeTitleEntry[], mappings: readonly Mapping[], generation: Generation): ClaraAeTitle[] {
  const titles = entries.map(({ entity }) => entity.aeTitle);
  for (const { aeTitle, at } of mappings) {
    if (titles.includes(aeTitle)) continue;
    const near = nearest(aeTitle, titles);
    at.complain(`the AE title \`${aeTitle}\` is not among \`ae-titles\`${near === undefined ? '' : `; did you mean \`${near}\`?${near.toLowerCase() === aeTitle.toLowerCase() ? ' Case counts.' : ''}`}`);
  }
  const seen = new Set<string>();
  return entries.flatMap(({ entity, at }) => {
    const own = mappings.filter(({ aeTitle }) => aeTitle === entity.aeTitle);
    for (const [index, { name, at: where }] of own.entries()) {
      if (own.findIndex((other) => other.name === name) < index) where.complain(`the AE title \`${entity.aeTitle}\` has another mapping named \`${name}\`; give each a \`name\` of its own`);
    }
    const whole = { ...entity, processorSettings: { ...entity.processorSettings, ...Object.fromEntries(own.map(({ name, pipelineId }) => [`pipeline-${name}`, pipelineId ?? '0'.repeat(32)])) } };
    const problems = [...problemsOfAeTitle(whole), ...(seen.has(entity.aeTitle) || seen.has(`name ${entity.name}`) ? [`Clara AE Title ${entity.aeTitle} already exists.`] : [])];
    seen.add(entity.aeTitle).add(`name ${entity.name}`);
    for (const problem of problems) at.complain(plain(problem, generation));
    return problems.length === 0 && own.every(({ pipelineId }) => pipelineId !== undefined) ? [whole] : [];
  });
}

/** A problem as the API tells it, in words for whoever writes the file. */
function plain(problem: string, generation: Generation): string {
  const bare = problem.replace(/^\[ERROR\] /, '');
  if (!bare.startsWith('No pipeline defined')) return bare;
  return `${bare.slice(0, -1)}; ${generation === 'yaml' ? 'add one to `pipeline-mappings`' : 'add `pipeline-<name>` to its `processorSettings`'}`;
}
