import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findingLine, type Generation } from '../../../../src/dicom/settings/findings.ts';
import { parseSettings } from '../../../../src/dicom/settings/parse.ts';
import { root } from '../../../helpers/run.ts';

const id = '0fcdcdea89c6456fb20abc7379c54ef2';
const yaml = `dicom:
  scp:
    port: 104
    ae-titles:
      - ae-title: my-ae-title
        overwrite-same-instance: true
        ignored-sop-classes: ["1.2.840.10008.5.1.4.1.1.7"]
        timeout: 3
      - ae-title: at-end
    max-associations: 100
    reject-unknown-sources: false
    sources:
      - host-ip: 10.0.0.5
        ae-title: DCM4CHEE
  scu:
    ae-title: ClaraSCU
    max-associations: 2
    destinations:
      - name: MYPACS
        host-ip: 10.0.0.6
        port: 1004
        ae-title: MYPACS
pipeline-mappings:
  - name: mine
    clara-ae-title: my-ae-title
    pipeline-id: ${id}
  - clara-ae-title: at-end
    pipeline-id: 0fcdcdea-89c6-456f-b20a-bc7379c54ef2
storage:
  sync: false
`;

test('reads dicom-server-config.yaml', () => {
  const { settings, findings } = parseSettings(yaml, 'a.yaml', 'yaml');
  expect(findings).toEqual([]);
  expect(settings.scp).toMatchObject({ port: 104, maximumAssociations: 100, rejectUnknownSources: false, sources: [{ aeTitle: 'DCM4CHEE', hostIp: '10.0.0.5' }] });
  expect(settings.scp.aeTitles).toMatchObject([
    { name: 'my-ae-title', aeTitle: 'my-ae-title', overwriteSameInstance: true, ignoredSopClasses: ['1.2.840.10008.5.1.4.1.1.7'], processorSettings: { timeout: '3', 'pipeline-mine': id }, exactTimeout: true },
    { aeTitle: 'at-end', processorSettings: { timeout: '0', 'pipeline-at-end': id } },
  ]);
  expect(settings.scu).toMatchObject({ maximumAssociations: 2, destinations: [{ name: 'MYPACS', hostIp: '10.0.0.6', port: 1004, aeTitle: 'MYPACS' }] });
  expect(settings.storage.sync).toBe(false);
});

test('the file that is installed has nothing to complain about', () => {
  const file = join(root, 'templates/charts/dicom-adapter/files/dicom-server-config.yaml');
  expect(parseSettings(readFileSync(file, 'utf8'), file, 'yaml').findings).toEqual([]);
});

test('reads appsettings.json with its comments, as the guide prints it', () => {
  const { settings, findings } = parseSettings(`{
  // where the database is
  "ConnectionStrings": { "DicomAdapterDatabase": "Data Source=/database/dicomadapter.db" },
  "DicomAdapter": {
\t\t"dicom": {
      "scp": { "port": 1104, "maximumNumberOfAssociations": 25, "log-dimse-datasets": false, "rejectUnknownSources": true, "verification": { "enabled": false, "transferSyntaxes": ["1.2.840.10008.1.2.1"] } },
      "scu": { "aeTitle": "ClaraSCU", "maximumNumberOfAssociations": 8, "logDataPDUs": false, "export": { "maximumRetries": 5, "failureThreshold": 0.25, "pollFrequencyMs": 100 } /* inner */ }
    },
    "services": { "platform": { "endpoint": "clara:50051", "uploadMetadata": true, "metadataDicomSource": ["0008,0020", "0020,000D"], "retryDelaySeconds": 30 }, "resultsServiceEndpoint": "http://results//:8088" },
    "storage": { "temporary": "/payloads", "watermarkPercent": 90, "reserveSpaceGB": 1 },
  },
  "Logging": { "LogLevel": { "Default": "Information" } }
}`, 'appsettings.json', 'json');
  expect(findings).toEqual([]);
  expect(settings.scp).toMatchObject({ port: 1104, maximumAssociations: 25, verification: { enabled: false, transferSyntaxes: ['1.2.840.10008.1.2.1'] } });
  expect(settings.scu.export).toEqual({ maximumRetries: 5, retryDelayMs: 0, failureThreshold: 0.25, pollFrequencyMs: 100, agent: 'DICOMweb' });
  expect(settings.services).toMatchObject({ platformEndpoint: 'clara:50051', uploadMetadata: true, metadataTags: [0x00080020, 0x0020000d], retryDelayMs: 30_000, resultsEndpoint: 'http://results//:8088' });
  expect(settings.storage).toEqual({ temporary: '/payloads', watermarkPercent: 90, reserveBytes: 1e9, sync: true });
});

test('both generations take what 0.7 mixed, and AE titles of its file', () => {
  const { settings, findings } = parseSettings(`{"DicomAdapter": {"readAeTitlesFromCrd": false, "dicom": {"scp": {"reject-unknown-sources": false, "aeTitles": [
    {"name": "one", "aeTitle": "ONE", "processorSettings": {"timeout": 2, "priority": "Higher", "groupBy": "0010,0020", "pipeline-a": "${id}"}}]},
    "scu": {"exportSettings": {"maximumRetries": 7}}}, "services": {"platformEndpoint": "h:1"}, "storage": {"watermark": 70}}}`, 'x.json', 'json');
  expect(findings).toEqual([]);
  expect(settings.scp.aeTitles).toMatchObject([{ name: 'one', aeTitle: 'ONE', exactTimeout: false, processorSettings: { timeout: '2', priority: 'Higher' } }]);
  expect([settings.scp.rejectUnknownSources, settings.scu.export.maximumRetries, settings.services.platformEndpoint, settings.storage.watermarkPercent]).toEqual([false, 7, 'h:1', 70]);
});

test.each(['0'.repeat(32), `12345678e${'9'.repeat(23)}`])('the id %s is no number', (digits) => {
  const { settings, findings } = parseSettings(`dicom: { scp: { ae-titles: [{ ae-title: 007 }] } }\npipeline-mappings: [{ name: a, clara-ae-title: 007, pipeline-id: ${digits} }]`, 'f', 'yaml');
  expect(findings).toEqual([]);
  expect(settings.scp.aeTitles).toMatchObject([{ aeTitle: '007', processorSettings: { 'pipeline-a': digits } }]);
});

const complaints: readonly (readonly [what: string, generation: Generation, content: string, lines: readonly string[]])[] = [
  ['all at once, each with its line', 'yaml', 'dicom:\n  scp:\n    port: 70000\n    prot: 1\n    max-associations: many\n    verification:\n      transfer-syntaxes: []\n  scu:\n    ae-title: "a much too long AE title"\n', [
    'f:3: error: dicom>scp>port: must be a whole number from 0 to 65535, not 70000',
    'f:4: warning: dicom>scp: unknown key `prot`; did you mean `port`?',
    'f:5: error: dicom>scp>max-associations: must be a whole number from 1 to 1000, not "many"',
    'f:7: error: dicom>scp>verification>transfer-syntaxes: must name at least one transfer syntax',
    'f:9: error: dicom>scu>ae-title: the AE title has 24 characters; 16 are allowed',
  ]],
  ['names the option as the original does', 'json', '{"DicomAdapter":\n{"dicom":{"scp":{"port":0.5,\n"maximumNumberOfAssociations":0}},\n"services":{"resultsServiceEndpoint":"nowhere",\n"platform":{"metadataDicomSource":["patient"]}},\n"storage":{"watermarkPercent":101}}}', [
    'f:2: error: DicomAdapter>dicom>scp>port: must be a whole number from 0 to 65535, not 0.5',
    'f:3: error: DicomAdapter>dicom>scp>max-associations: must be a whole number from 1 to 1000, not 0',
    'f:4: error: DicomAdapter>services>results-service-endpoint: must be a whole URL such as http://localhost:8088, not "nowhere"',
    'f:5: error: DicomAdapter>services>platform>metadata-dicom-source: "patient" is not a DICOM tag; write it as 0010,0020',
    'f:6: error: DicomAdapter>storage>watermark-percent: must be a whole number from 1 to 100, not 101',
  ]],
  ['mappings and AE titles against each other', 'yaml', `dicom:\n  scp:\n    ae-titles:\n      - ae-title: a\npipeline-mappings:\n  - clara-ae-title: b\n    pipeline-id: ${id}\n  - clara-ae-title: a\n    pipeline-id: nope\n`, [
    'f:6: error: pipeline-mappings[0]: the AE title `b` is not among `ae-titles`',
    'f:8: error: pipeline-mappings[1]: `pipeline-id`: "nope" is not the id of a pipeline; `clara list pipelines` shows them',
  ]],
  ['what cannot be parsed', 'json', '{"DicomAdapter": {"dicom": [}', ['f:1: error: it is not valid JSON']],
  ['what is no map', 'yaml', '- a\n', ['f:1: error: it must hold keys with values']],
  ['the same key twice', 'yaml', 'storage:\n  sync: false\n  Sync: true\n', ['f:3: error: storage: `Sync` is there twice; keep one of them']],
  ['a blank that is missing', 'yaml', 'dicom:\n  scp:\n    port:104\n', ['f:3: error: dicom>scp: must be a section with keys of its own; write a blank after the colon: `port: 104`']],
  ['a dash that is missing', 'yaml', 'dicom:\n  scp:\n    ae-titles:\n      ae-title: X\n', ['f:4: error: dicom>scp>ae-titles: must be a list: `- ` begins each entry, or `[ ]` holds them']],
  ['texts where keys belong', 'yaml', 'dicom:\n  scp:\n    sources: [A]\n', ['f:3: error: dicom>scp>sources: entry 1 must have keys of its own, not "A"']],
  ['tabs', 'yaml', 'dicom:\n\tscp: {}\n', ['f:2: error: it is not valid YAML: this line begins with a tab; YAML is indented with spaces']],
  ['a colon that is missing', 'yaml', 'dicom:\n  scp\n    port: 104\n', ['f:2: error: it is not valid YAML: a colon is missing at the end of this line, or the next one is indented too far']],
  ['an anchor that is missing', 'yaml', 'dicom: *nope\n', ['f:1: error: dicom: `*nope` stands for nothing: there is no `&nope` before it']],
  ['a pipeline that is missing, as the generation writes it', 'yaml', 'dicom:\n  scp:\n    ae-titles:\n      - ae-title: a\n', ['f:4: error: dicom>scp>ae-titles[0]: No pipeline defined for AE Title a; add one to `pipeline-mappings`']],
  ['a pipeline that is missing, in the later one', 'json', '{"dicom": {"scp": {\n"aeTitles": [{"aeTitle": "a"}]}}}', ['f:2: error: dicom>scp>ae-titles[0]: No pipeline defined for AE Title a; add `pipeline-<name>` to its `processorSettings`']],
  ['an AE title in another case', 'yaml', `dicom: { scp: { ae-titles: [{ ae-title: liver, processor-settings: { pipeline-x: ${id} } }] } }\npipeline-mappings: [{ clara-ae-title: Liver, pipeline-id: ${id} }]\n`, [
    'f:2: error: pipeline-mappings[0]: the AE title `Liver` is not among `ae-titles`; did you mean `liver`? Case counts.',
  ]],
  ['two mappings of a name, of which one would be lost', 'yaml', `dicom: { scp: { ae-titles: [{ ae-title: a }] } }\npipeline-mappings:\n  - { clara-ae-title: a, pipeline-id: ${id} }\n  - { clara-ae-title: a, pipeline-id: ${id} }\n`, [
    'f:4: error: pipeline-mappings[1]: the AE title `a` has another mapping named `a`; give each a `name` of its own',
  ]],
  ['senders and receivers: what is missing, twice there, or a name', 'yaml', `dicom:
  scp:
    sources:
      - { host-ip: 1.2.3.4 }
      - { ae-title: A, host-ip: 1.2.3.4 }
      - { ae-title: A, host-ip: 1.2.3.5 }
      - { ae-title: B, host-ip: scanner }
  scu:
    destinations:
      - { name: P }
      - { name: P, ae-title: P, host-ip: h, port: abc }
      - { name: Q, ae-title: P, host-ip: h, port: 1 }
      - { name: q, ae-title: P, host-ip: h, port: 2 }
`, [
    'f:4: error: dicom>scp>sources[0]: a source needs `ae-title`',
    'f:6: error: dicom>scp>sources[2]: the AE title `A` is there twice, and a sender has one address',
    'f:7: warning: dicom>scp>sources[3]: `scanner` is a name, and senders are known by their address: nobody can send under it; write the address',
    'f:10: error: dicom>scu>destinations[0]: a destination needs `ae-title` and `host-ip` and `port`',
    'f:11: error: dicom>scu>destinations[1]>port: must be a whole number from 1 to 65535, not "abc"',
    'f:13: error: dicom>scu>destinations[3]: a destination named `q` is there twice',
  ]],
];

test.each(complaints)('complains: %s', (_what, generation, content, lines) => {
  const found = parseSettings(content, 'f', generation).findings.map(findingLine);
  expect(found.slice(0, lines.length).map((line, index) => line.slice(0, generation === 'json' && lines.length === 1 ? lines[index]!.length : undefined))).toEqual(lines);
  if (lines.length > 1) expect(found).toHaveLength(lines.length);
});

test.each([
  ['a comma that is missing', '{\n "dicom": {\n  "scp": {\n   "port": 104\n   "tls": {}\n  }\n }\n}', 5, /comma|','|property value/i],
  ['a colon that is missing', '{\n "dicom" {}\n}', 2, /':'|colon/i],
  ['an end that is missing', '{\n "dicom": {\n  "scp": {}\n', 3, /too early|'}'/],
] as const)('JSON with %s: one finding, with its line', (_what, content, line, message) => {
  const { findings } = parseSettings(content, 'f', 'json');
  expect(findings).toMatchObject([{ level: 'error', line, message: expect.stringMatching(message) as string }]);
});

test('JSON may have commas before closing brackets, and be empty with a warning', () => {
  expect(parseSettings('{"dicom": {"scp": {"port": 11112,},},}', 'f', 'json')).toMatchObject({ settings: { scp: { port: 11112 } }, findings: [] });
  expect(parseSettings('', 'f', 'json').findings).toMatchObject([{ level: 'warning', message: 'it is empty: the defaults count' }]);
});

test('an AE title that no exporter can have is a warning', () => {
  const { findings, settings } = parseSettings('dicom: { scu: { ae-title: MY_SCU } }', 'f.yaml', 'yaml');
  expect([settings.scu.aeTitle, findings.map(({ level, path, message }) => [level, path, message.slice(0, 26)])]).toEqual(['MY_SCU', [['warning', 'dicom>scu>ae-title', 'the Results Service cannot']]]);
});
