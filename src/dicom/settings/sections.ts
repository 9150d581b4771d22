import { dirname } from 'node:path';
import { pathFrom } from '../../config/adapter-options.ts';
import { type ClaraAeTitle, claraAeTitle, type Destination, problemsOfAeTitle, problemsOfDestination, problemsOfSource, type Source } from '../entities/entities.ts';
import { aeTitleProblem } from '../entities/ae-title.ts';
import { parseId } from '../../core/ids.ts';
import { type AdapterSettings, defaultSettings } from './model.ts';
import { type Found, type NodeReader } from './node-reader.ts';
import { type NamedFile, type TlsFiles } from './tls-files.ts';
import { endpoint, integer, share, tagList, text, texts, transferSyntaxes, truth, url } from './values.ts';

/** A pipeline mapping of the older generation. */
export interface Mapping {
  readonly name: string;
  readonly aeTitle: string;
  readonly pipelineId: string;
  readonly at: NodeReader;
}

/** What an AE title's entry says, before mappings are added. */
export interface AeTitleEntry {
  readonly entity: ClaraAeTitle;
  readonly at: NodeReader;
}

const { scp: scpDefaults, scu: scuDefaults, services: serviceDefaults, storage: storageDefaults } = defaultSettings;

export interface ScpSection {
  readonly scp: Omit<AdapterSettings['scp'], 'aeTitles'>;
  readonly entries: readonly AeTitleEntry[];
}

export function readScp(reader: NodeReader, generation: 'yaml' | 'json'): ScpSection {
  const port = reader.get('port');
  const verification = reader.section('verification');
  const result: ScpSection = {
    scp: {
      port: port === undefined ? undefined : integer(port, 104, 0, 65_535),
      maximumAssociations: integer(reader.get('max-associations', 'maximum-associations', 'maximum-number-of-associations'), scpDefaults.maximumAssociations, 1, 1000),
      verification: {
        enabled: truth(verification.get('enabled'), true),
        transferSyntaxes: transferSyntaxes(verification.get('transfer-syntaxes'), scpDefaults.verification.transferSyntaxes),
      },
      rejectUnknownSources: truth(reader.get('reject-unknown-sources'), true),
      tls: readTls(reader.section('tls')),
      sources: reader.entries('sources').flatMap(readSource),
    },
    entries: reader.entries('ae-titles').flatMap((entry) => readAeTitle(entry, generation)),
  };
  // Data sets hold names of patients and are never logged; what the cluster's resources were for, our own database is.
  noEffect(reader, 'log-dimse-datasets', 'data sets are never logged');
  for (const key of ['read-aetitles-from-crd', 'read-sources-from-crd']) noEffect(reader, key, 'AE titles and sources are in files and in the adapter itself');
  verification.finish();
  reader.finish();
  return result;
}

function readTls(reader: NodeReader): TlsFiles | undefined {
  const named = (...names: readonly [string, ...string[]]): NamedFile | undefined => {
    const found = reader.get(...names);
    const path = text(found);
    return path === undefined || path === '' ? undefined : { path: pathFrom(path, dirname(reader.file)), line: found!.line };
  };
  const [certificate, key, clientCa] = [named('certificate', 'cert'), named('key', 'private-key'), named('client-ca', 'client-certificate-authority')];
  reader.finish();
  if (!reader.exists || (certificate === undefined && key === undefined && clientCa === undefined)) return undefined;
  if (certificate !== undefined && key !== undefined) return { certificate, key, clientCa };
  reader.complain(`TLS needs \`certificate\` and \`key\`, and there is no ${[certificate === undefined ? '`certificate`' : '', key === undefined ? '`key`' : ''].filter((name) => name !== '').join(' and no ')}`);
  return undefined;
}

/** A switch that is known and does nothing here. */
function noEffect(reader: NodeReader, key: string, why: string): void {
  const found = reader.get(key);
  if (truth(found, false)) found!.complain(`has no effect: ${why}`, 'warning');
}

function readAeTitle(entry: NodeReader, generation: 'yaml' | 'json'): AeTitleEntry[] {
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

function readSource(entry: NodeReader): Source[] {
  const source = { aeTitle: text(entry.get('ae-title', 'ae-titles')) ?? '', hostIp: text(entry.get('host-ip')) ?? '' };
  const problems = problemsOfSource(source);
  for (const problem of problems) entry.complain(problem);
  entry.finish();
  return problems.length === 0 ? [source] : [];
}

export function readScu(reader: NodeReader): AdapterSettings['scu'] {
  const title = reader.get('ae-title');
  const aeTitle = text(title) ?? scuDefaults.aeTitle;
  const problem = aeTitleProblem(aeTitle);
  if (problem !== undefined) title?.complain(`the AE title ${problem}`);
  const exporting = reader.section('export', 'export-settings');
  const { export: defaults } = scuDefaults;
  const scu = {
    aeTitle,
    maximumAssociations: integer(reader.get('max-associations', 'maximum-associations', 'maximum-number-of-associations'), scuDefaults.maximumAssociations, 1, 100),
    export: {
      maximumRetries: integer(exporting.get('maximum-retries'), defaults.maximumRetries, 0),
      failureThreshold: share(exporting.get('failure-threshold'), defaults.failureThreshold),
      pollFrequencyMs: integer(exporting.get('poll-frequency-ms'), defaults.pollFrequencyMs, 10),
      agent: text(exporting.get('agent')) ?? defaults.agent,
    },
    timeouts: {
      connectMs: seconds(reader.get('connect-timeout-seconds'), scuDefaults.timeouts.connectMs),
      associateMs: seconds(reader.get('association-timeout-seconds'), scuDefaults.timeouts.associateMs),
      responseMs: seconds(reader.get('response-timeout-seconds'), scuDefaults.timeouts.responseMs),
    },
    destinations: reader.entries('destinations').flatMap(readDestination),
  };
  for (const key of ['log-dimse-datasets', 'log-data-pdus']) noEffect(reader, key, 'data sets are never logged');
  noEffect(reader, 'read-destinations-from-crd', 'destinations are in files and in the adapter itself');
  exporting.finish();
  reader.finish();
  return scu;
}

function seconds(found: Found | undefined, fallbackMs: number): number {
  return integer(found, fallbackMs / 1000, 1, 86_400) * 1000;
}

function readDestination(entry: NodeReader): Destination[] {
  const port = entry.get('port');
  const destination = {
    name: text(entry.get('name')) ?? '', aeTitle: text(entry.get('ae-title')) ?? '', hostIp: text(entry.get('host-ip')) ?? '', port: Number(port?.value ?? Number.NaN),
  };
  const problems = problemsOfDestination(destination);
  for (const problem of problems) entry.complain(problem);
  entry.finish();
  return problems.length === 0 ? [destination] : [];
}

export function readServices(reader: NodeReader): AdapterSettings['services'] {
  const platform = reader.section('platform');
  const inference = reader.section('inference');
  const hosts = inference.get('allowed-hosts');
  const services = {
    platformEndpoint: endpoint(platform.get('endpoint')) ?? endpoint(reader.get('platform-endpoint')),
    resultsEndpoint: url(reader.get('results-service-endpoint')),
    parallelUploads: integer(platform.get('parallel-uploads'), serviceDefaults.parallelUploads, 1),
    uploadMetadata: truth(platform.get('upload-metadata'), serviceDefaults.uploadMetadata),
    metadataTags: tagList(platform.get('metadata-dicom-source')),
    maxRetries: integer(platform.get('max-retries'), serviceDefaults.maxRetries, 0, 1000),
    retryDelayMs: integer(platform.get('retry-delay-seconds'), serviceDefaults.retryDelayMs / 1000, 0, 86_400) * 1000,
    inferenceHosts: hosts === undefined ? undefined : texts(hosts),
  };
  platform.finish();
  inference.finish();
  reader.finish();
  return services;
}

export function readStorage(reader: NodeReader): AdapterSettings['storage'] {
  const storage = {
    temporary: text(reader.get('temporary')) || undefined,
    watermarkPercent: integer(reader.get('watermark-percent', 'watermark'), storageDefaults.watermarkPercent, 1, 100),
    reserveBytes: integer(reader.get('reserve-space-gb', 'reserve-space'), storageDefaults.reserveBytes / 1e9, 0) * 1e9,
    sync: truth(reader.get('sync'), true),
  };
  reader.finish();
  return storage;
}

export function readMappings(entries: readonly NodeReader[]): Mapping[] {
  return entries.flatMap((entry) => {
    const aeTitle = text(entry.get('clara-ae-title', 'ae-title'));
    const id = text(entry.get('pipeline-id'));
    const pipelineId = parseId(id ?? '');
    const name = text(entry.get('name')) || aeTitle;
    entry.finish();
    if (aeTitle === undefined) entry.complain('a mapping needs `clara-ae-title`');
    if (pipelineId === undefined) entry.complain(id === undefined ? 'a mapping needs `pipeline-id`' : `\`pipeline-id\`: ${JSON.stringify(id)} is not the id of a pipeline`);
    return aeTitle === undefined || pipelineId === undefined ? [] : [{ name: name!, aeTitle, pipelineId, at: entry }];
  });
}

/** The AE titles with their mappings, checked against each other. */
export function joined(entries: readonly AeTitleEntry[], mappings: readonly Mapping[]): ClaraAeTitle[] {
  const titles = new Set(entries.map(({ entity }) => entity.aeTitle));
  for (const { aeTitle, at } of mappings) if (!titles.has(aeTitle)) at.complain(`the AE title \`${aeTitle}\` is not among \`ae-titles\``);
  const seen = new Set<string>();
  return entries.flatMap(({ entity, at }) => {
    const own = mappings.filter(({ aeTitle }) => aeTitle === entity.aeTitle);
    const whole = { ...entity, processorSettings: { ...entity.processorSettings, ...Object.fromEntries(own.map(({ name, pipelineId }) => [`pipeline-${name}`, pipelineId])) } };
    const problems = [...problemsOfAeTitle(whole), ...(seen.has(entity.aeTitle) || seen.has(`name ${entity.name}`) ? [`Clara AE Title ${entity.aeTitle} already exists.`] : [])];
    seen.add(entity.aeTitle).add(`name ${entity.name}`);
    for (const problem of problems) at.complain(problem);
    return problems.length === 0 ? [whole] : [];
  });
}
