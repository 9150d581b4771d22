import { agentPattern } from '../../core/results.ts';
import { dirname } from 'node:path';
import { pathFrom } from '../../config/adapter-options.ts';
import { aeTitleProblem } from '../entities/ae-title.ts';
import { type AeTitleEntry, readAeTitle, readDestinations, readSources } from './entries.ts';
import { type AdapterSettings, defaultSettings } from './model.ts';
import { type Found, type NodeReader } from './node-reader.ts';
import { type NamedFile, type TlsFiles } from './tls-files.ts';
import { endpoint, integer, share, tagList, text, texts, transferSyntaxes, truth, url } from './values.ts';

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
      sources: readSources(reader.entries('sources')),
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

export function readScu(reader: NodeReader): AdapterSettings['scu'] {
  const title = reader.get('ae-title');
  const aeTitle = text(title) ?? scuDefaults.aeTitle;
  const problem = aeTitleProblem(aeTitle);
  if (problem !== undefined) title?.complain(`the AE title ${problem}`);
  else if (!new RegExp(agentPattern).test(aeTitle)) title?.complain('the Results Service cannot have an exporter of this name, so no results are sent: at most 32 letters, digits and hyphens', 'warning');
  const exporting = reader.section('export', 'export-settings');
  const { export: defaults } = scuDefaults;
  const scu = {
    aeTitle,
    maximumAssociations: integer(reader.get('max-associations', 'maximum-associations', 'maximum-number-of-associations'), scuDefaults.maximumAssociations, 1, 100),
    export: {
      maximumRetries: integer(exporting.get('maximum-retries'), defaults.maximumRetries, 0),
      retryDelayMs: integer(exporting.get('retry-delay-seconds'), defaults.retryDelayMs / 1000, 0, 86_400) * 1000,
      failureThreshold: share(exporting.get('failure-threshold'), defaults.failureThreshold),
      pollFrequencyMs: integer(exporting.get('poll-frequency-ms'), defaults.pollFrequencyMs, 10),
      agent: text(exporting.get('agent')) ?? defaults.agent,
    },
    timeouts: {
      connectMs: seconds(reader.get('connect-timeout-seconds'), scuDefaults.timeouts.connectMs),
      associateMs: seconds(reader.get('association-timeout-seconds'), scuDefaults.timeouts.associateMs),
      responseMs: seconds(reader.get('response-timeout-seconds'), scuDefaults.timeouts.responseMs),
    },
    destinations: readDestinations(reader.entries('destinations')),
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
