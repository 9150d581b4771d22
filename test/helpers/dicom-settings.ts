import { defaultSettings } from '../../src/dicom/settings/model.ts';

/** A setting as both generations write it, where it ends up, and a value that is not the default. */
export interface SettingRow {
  /** Path in dicom-server-config.yaml. */
  readonly older: string;
  /** Path below `DicomAdapter` in appsettings.json. */
  readonly later: string;
  /** Path in AdapterSettings. */
  readonly leaf: string;
  readonly meaning: string;
  /** The default as people read it, where the model's own is not. */
  readonly fallback?: string;
  /** What to write, and what the leaf then is. */
  readonly written: unknown;
  readonly read: unknown;
}

const row = (older: string, later: string, leaf: string, meaning: string, written: unknown, read: unknown = written, fallback?: string): SettingRow =>
  ({ older, later, leaf, meaning, written, read, ...(fallback === undefined ? {} : { fallback }) });

const source = { 'ae-title': 'A', 'host-ip': '10.0.0.5' };
const destination = { name: 'P', 'ae-title': 'P', 'host-ip': 'h', port: 104 };

/** Every setting of the adapter, in the order of the documentation. AE titles have a table of their own. */
export const settingRows: readonly SettingRow[] = [
  row('dicom.scp.port', 'dicom.scp.port', 'scp.port', 'where associations are taken', 11112, 11112, '104'),
  row('dicom.scp.ae-titles', 'dicom.scp.aeTitles', 'scp.aeTitles', 'what senders call: `ae-title`, `name`, `overwrite-same-instance`, `ignored-sop-classes`, `processor-settings`, and in the older file `timeout`', [], [], 'none'),
  row('dicom.scp.sources', 'dicom.scp.sources', 'scp.sources', 'who may send: `ae-title`, `host-ip`', [source], [{ aeTitle: 'A', hostIp: '10.0.0.5' }], 'none'),
  row('dicom.scp.reject-unknown-sources', 'dicom.scp.rejectUnknownSources', 'scp.rejectUnknownSources', 'whether only sources may send', false),
  row('dicom.scp.max-associations', 'dicom.scp.maximumNumberOfAssociations', 'scp.maximumAssociations', 'associations at a time, 1 to 1000; others wait', 7),
  row('dicom.scp.verification.enabled', 'dicom.scp.verification.enabled', 'scp.verification.enabled', 'whether C-ECHO is answered', false),
  row('dicom.scp.verification.transfer-syntaxes', 'dicom.scp.verification.transferSyntaxes', 'scp.verification.transferSyntaxes', 'what C-ECHO may be proposed with', ['1.2.840.10008.1.2'], ['1.2.840.10008.1.2'], 'explicit little, implicit little, explicit big endian'),
  row('dicom.scp.tls.certificate', 'dicom.scp.tls.certificate', 'scp.tls', 'certificate (PEM); a relative path is beside the file', '/c', undefined, 'no TLS'),
  row('dicom.scp.tls.key', 'dicom.scp.tls.key', 'scp.tls', 'its key (PEM, without a password)', '/k', undefined, ''),
  row('dicom.scp.tls.client-ca', 'dicom.scp.tls.clientCa', 'scp.tls', 'authority of the senders’ certificates', '/a', undefined, 'senders need none'),
  row('dicom.scu.ae-title', 'dicom.scu.aeTitle', 'scu.aeTitle', 'our name towards receivers, and the agent that results are registered for', 'OTHER'),
  row('dicom.scu.destinations', 'dicom.scu.destinations', 'scu.destinations', 'where results go: `name`, `ae-title`, `host-ip`, `port`', [destination], [{ name: 'P', aeTitle: 'P', hostIp: 'h', port: 104 }], 'none'),
  row('dicom.scu.max-associations', 'dicom.scu.maximumNumberOfAssociations', 'scu.maximumAssociations', 'exports at a time, 1 to 100', 3),
  row('dicom.scu.export.maximum-retries', 'dicom.scu.export.maximumRetries', 'scu.export.maximumRetries', 'new attempts of an export', 5),
  row('dicom.scu.export.retry-delay-seconds', 'dicom.scu.export.retryDelaySeconds', 'scu.export.retryDelayMs', 'pause before each of them; the original made none', 60, 60_000, '0'),
  row('dicom.scu.export.failure-threshold', 'dicom.scu.export.failureThreshold', 'scu.export.failureThreshold', 'share of the files that may fail, 0 to 1', 0.25),
  row('dicom.scu.export.poll-frequency-ms', 'dicom.scu.export.pollFrequencyMs', 'scu.export.pollFrequencyMs', 'pause between two questions for tasks, ms', 100),
  row('dicom.scu.export.agent', 'dicom.scu.export.agent', 'scu.export.agent', 'agent of the DICOMweb exporter', 'Web'),
  row('dicom.scu.connect-timeout-seconds', 'dicom.scu.connectTimeoutSeconds', 'scu.timeouts.connectMs', 'longest wait for a receiver’s connection', 3, 3000, '10'),
  row('dicom.scu.association-timeout-seconds', 'dicom.scu.associationTimeoutSeconds', 'scu.timeouts.associateMs', 'for its answer to our request', 4, 4000, '30'),
  row('dicom.scu.response-timeout-seconds', 'dicom.scu.responseTimeoutSeconds', 'scu.timeouts.responseMs', 'for its answer to an instance', 5, 5000, '120'),
  row('services.platform.endpoint', 'services.platform.endpoint', 'services.platformEndpoint', 'platform, host:port', 'h:1', 'h:1', 'see below'),
  row('services.platform.parallel-uploads', 'services.platform.parallelUploads', 'services.parallelUploads', 'files at a time', 9),
  row('services.platform.upload-metadata', 'services.platform.uploadMetadata', 'services.uploadMetadata', 'whether jobs carry the tags below', true),
  row('services.platform.metadata-dicom-source', 'services.platform.metadataDicomSource', 'services.metadataTags', 'tags such as `0008,0060`', ['0008,0060'], [0x00080060], 'none'),
  row('services.platform.max-retries', 'services.platform.maxRetries', 'services.maxRetries', 'new attempts where the platform refuses', 1),
  row('services.platform.retry-delay-seconds', 'services.platform.retryDelaySeconds', 'services.retryDelayMs', 'longest pause before one', 7, 7000, '180'),
  row('services.results-service-endpoint', 'services.resultsServiceEndpoint', 'services.resultsEndpoint', 'Results Service, a URL', 'http://h:1', 'http://h:1', 'see below'),
  row('services.inference.allowed-hosts', 'services.inference.allowedHosts', 'services.inferenceHosts', 'hosts that [inference requests](inference.md) may name', ['h'], ['h'], 'see there'),
  row('storage.temporary', 'storage.temporary', 'storage.temporary', 'folder of what is received, kept until its jobs have begun', '/t', '/t', '`~/.clara/dicom`'),
  row('storage.watermark-percent', 'storage.watermarkPercent', 'storage.watermarkPercent', 'how full the disk may be for anything to be received and exported', 70),
  row('storage.reserve-space-gb', 'storage.reserveSpaceGB', 'storage.reserveBytes', 'and how much has to be free in any case', 1, 1e9, '5'),
  row('storage.sync', 'storage.sync', 'storage.sync', 'whether Success waits for the disk; `false` is faster, and a power cut (no crash) may lose what was acknowledged', false),
];

/** Value at a path with dots. */
export function leafOf(settings: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], settings);
}

/** The table for docs/dicom.md. */
export function settingsTable(): string {
  const code = (text: string) => `\`${text}\``;
  const fallbackOf = ({ fallback, leaf }: SettingRow) => fallback ?? String(leafOf(defaultSettings, leaf));
  return ['| dicom-server-config.yaml | appsettings.json | default | means |', '| --- | --- | --- | --- |',
    ...settingRows.map((setting) => `| ${code(setting.older)} | ${setting.older === setting.later ? 'the same' : code(setting.later)} | ${fallbackOf(setting)} | ${setting.meaning} |`)].join('\n');
}
