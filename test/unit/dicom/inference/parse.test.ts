import { describe, expect, test } from 'vitest';
import { parseInferenceRequest } from '../../../../src/dicom/inference/request/parse.ts';
import { type HostRule } from '../../../../src/dicom/inference/request/host-rule.ts';

const id = '0fcdcdea89c6456fb20abc7379c54ef2';
const algorithm = { interface: 'Algorithm', connectionDetails: { name: 'ct', id } };
const pacs = { interface: 'DICOMweb', connectionDetails: { uri: 'http://pacs.example:8042/dicom-web', operations: ['QUERY', 'WADO Retrieve'] } };
const fhir = { interface: 'FHIR', connectionDetails: { uri: 'https://fhir.example/r3/' } };
const study = { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1.2' }] };

const body = (change: Record<string, unknown> = {}) => ({ transactionID: 'T1', inputMetadata: { details: study }, inputResources: [algorithm, pacs], ...change });
const withDetails = (details: unknown, ...more: unknown[]) => body({ inputMetadata: { details }, inputResources: [algorithm, pacs, ...more] });
const withPacs = (connectionDetails: Record<string, unknown>) => body({ inputResources: [algorithm, { interface: 'DICOMweb', connectionDetails: { ...pacs.connectionDetails, ...connectionDetails } }] });

function request(given: unknown, hosts: HostRule = undefined) {
  const parsed = parseInferenceRequest(given, hosts);
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join('\n'));
  return parsed.request;
}

function problems(given: unknown, hosts: HostRule = undefined): readonly string[] {
  const parsed = parseInferenceRequest(given, hosts);
  return parsed.kind === 'problems' ? parsed.problems : [];
}

test('the least that a request is', () => {
  expect(request(body())).toEqual({
    transactionId: 'T1', priority: 'normal', algorithm: { name: 'ct', pipelineId: id }, outputs: [], ignored: [],
    inputs: [{ at: 'inputMetadata.details', kind: 'studies', studies: [{ study: '1.2', series: [] }] }],
    sources: [{ at: 'inputResources[1]', kind: 'dicomweb', uri: 'http://pacs.example:8042/dicom-web/', authorization: undefined }],
  });
});

test.each([[0, 'lower'], [127, 'lower'], [128, 'normal'], [129, 'higher'], [254, 'higher'], [255, 'immediate'], ['255', 'immediate'], [undefined, 'normal'], [null, 'normal']])('priority %s is %s', (priority, expected) => {
  expect(request(body({ priority })).priority).toBe(expected);
});

test.each([
  ['series', { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1', series: [{ SeriesInstanceUID: '2' }] }] }, { kind: 'studies', studies: [{ study: '1', series: [{ series: '2', instances: [] }] }] }],
  ['instances', { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1', series: [{ SeriesInstanceUID: '2', instances: [{ SOPInstanceUID: ['3', '4'] }, { SOPInstanceUID: '5' }] }] }] },
    { kind: 'studies', studies: [{ study: '1', series: [{ series: '2', instances: ['3', '4', '5'] }] }] }],
  ['a patient', { type: 'DICOM_PATIENT_ID', PatientID: ' P1 ' }, { kind: 'patient', patientId: 'P1' }],
  ['accession numbers', { type: 'ACCESSION_NUMBER', accessionNumber: ['A1', 'A2'] }, { kind: 'accession', numbers: ['A1', 'A2'] }],
  ['FHIR resources', { type: 'FHIR_RESOURCE', resources: [{ resourceType: 'Patient', id: 'a.b-1' }] }, { kind: 'fhir', resources: [{ type: 'Patient', id: 'a.b-1' }], format: 'json', version: '3.0' }],
  ['FHIR resources as XML of R4', { type: 'FHIR_RESOURCE', resources: [{ resourceType: 'Patient', id: '1' }], fhirFormat: 'Xml', fhirVersion: 'R4' }, { kind: 'fhir', format: 'xml', version: '4.0' }],
])('%s', (_, details, expected) => {
  expect(request(withDetails(details, fhir)).inputs).toMatchObject([expected]);
});

test('`details` come after `inputs`; names of properties and words are taken in any case', () => {
  const given = { TransactionId: 'T1', INPUTMETADATA: { inputs: [{ type: 'accession-number', AccessionNumber: ['A'] }], details: study }, inputresources: [{ Interface: 'ALGORITHM', connectionDetails: { ID: id } }, { interface: 'DICOM_WEB', connectionDetails: { baseUri: 'http://a' } }] };
  expect(request(given)).toMatchObject({ inputs: [{ at: 'inputMetadata.inputs[0]', kind: 'accession' }, { kind: 'studies' }], algorithm: { name: '', pipelineId: id }, sources: [{ uri: 'http://a/' }] });
});

test('credentials become the header', () => {
  const basic = Buffer.from('user:secret').toString('base64');
  const resource = (connectionDetails: object) => ({ interface: 'DICOMweb', connectionDetails: { uri: 'http://a', ...connectionDetails } });
  const parsed = request(body({ inputResources: [algorithm, resource({ authType: 'Basic', authID: basic }), resource({ authType: 'bearer', apiKey: 't-1' })], outputResources: [resource({ authType: 'None', authID: 'x' })] }));
  expect(parsed.sources.map(({ authorization }) => authorization)).toEqual([`Basic ${basic}`, 'Bearer t-1']);
  expect(parsed.outputs).toEqual([{ at: 'outputResources[0]', kind: 'dicomweb', uri: 'http://a/', authorization: undefined }]);
});

test('DIMSE is declared and ignored', () => {
  expect(request(body({ inputResources: [algorithm, { interface: 'DIMSE', connectionDetails: { uri: 'x' } }, pacs] }))).toMatchObject({ ignored: ['inputResources[1]'], sources: [{ at: 'inputResources[2]' }] });
});

describe('what is wrong, all of it at once and without values', () => {
  test('everything', () => {
    expect(problems({ priority: 256, inputMetadata: { details: { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '../1' }, {}] } }, inputResources: [{ interface: 'DICOMweb', connectionDetails: { uri: 'ftp://u:secret@h', authType: 'Bearer' } }], outputResources: [{ interface: 'DIMSE' }] })).toEqual([
      'transactionID: is missing: an id of your own for the request',
      'priority: must be a whole number from 0 to 255',
      'inputMetadata.details.studies[0].StudyInstanceUID: must be a UID: digits and dots, at most 64',
      'inputMetadata.details.studies[1].StudyInstanceUID: is missing: a UID',
      'inputResources: must have one entry with the interface Algorithm, and has none',
      'inputResources[0].connectionDetails.uri: must begin with http:// or https://',
      'inputResources[0].connectionDetails.authID: is missing: the token',
      'outputResources[0].interface: must be DICOMweb',
    ]);
  });

  test.each<[string, unknown, string]>([
    ['no object', [], 'the body must be a JSON object'],
    ['nothing', {}, 'inputMetadata: is missing: `details`, or a list `inputs`, with what is to be retrieved'],
    ['nothing to retrieve from', body({ inputMetadata: {}, inputResources: [algorithm] }), 'inputResources: must have an entry with the interface DICOMweb or FHIR'],
    ['a blank transaction', body({ transactionID: ' ' }), 'transactionID: is missing: an id of your own for the request'],
    ['a long transaction', body({ transactionID: 'ä'.repeat(129) }), 'transactionID: must not be longer than 256 bytes'],
    ['a transaction with a line end', body({ transactionID: 'a\nb' }), 'transactionID: must not have control characters'],
    ['a transaction that is a number', body({ transactionID: 7 }), 'transactionID: must be a text: an id of your own for the request'],
    ['half a priority', body({ priority: 0.5 }), 'priority: must be a whole number from 0 to 255'],
    ['an unknown type', withDetails({ type: 'STUDY' }), 'inputMetadata.details.type: must be DICOM_UID, DICOM_PATIENT_ID, ACCESSION_NUMBER or FHIR_RESOURCE'],
    ['no type', withDetails({}), 'inputMetadata.details.type: is missing: DICOM_UID, DICOM_PATIENT_ID, ACCESSION_NUMBER or FHIR_RESOURCE'],
    ['no studies', withDetails({ type: 'DICOM_UID', studies: [] }), 'inputMetadata.details.studies: is missing: the studies to retrieve'],
    ['studies that are no list', withDetails({ type: 'DICOM_UID', studies: '1.2' }), 'inputMetadata.details.studies: must be a list'],
    ['a series that is none', withDetails({ type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1', series: [{ SeriesInstanceUID: 'x' }] }] }), 'inputMetadata.details.studies[0].series[0].SeriesInstanceUID: must be a UID: digits and dots, at most 64'],
    ['an instance that is none', withDetails({ type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1', series: [{ SeriesInstanceUID: '2', instances: [{ SOPInstanceUID: ['3', '/'] }] }] }] }), 'inputMetadata.details.studies[0].series[0].instances[0].SOPInstanceUID[1]: must be a UID: digits and dots, at most 64'],
    ['no patient', withDetails({ type: 'DICOM_PATIENT_ID' }), 'inputMetadata.details.PatientID: is missing: the value to search for'],
    ['all patients', withDetails({ type: 'DICOM_PATIENT_ID', PatientID: '*' }), 'inputMetadata.details.PatientID: must not have wildcards (`*`, `?`), backslashes or control characters'],
    ['several numbers in one', withDetails({ type: 'ACCESSION_NUMBER', accessionNumber: ['1\\2'] }), 'inputMetadata.details.accessionNumber[0]: must not have wildcards (`*`, `?`), backslashes or control characters'],
    ['no numbers', withDetails({ type: 'ACCESSION_NUMBER' }), 'inputMetadata.details.accessionNumber: is missing: the accession numbers to retrieve'],
    ['FHIR without a server', withDetails({ type: 'FHIR_RESOURCE', resources: [{ resourceType: 'Patient', id: '1' }] }), 'inputResources: must have an entry with the interface FHIR, which inputMetadata.details is retrieved from'],
    ['images without a server', body({ inputResources: [algorithm, fhir] }), 'inputResources: must have an entry with the interface DICOMweb, which inputMetadata.details is retrieved from'],
    ['a resource that leaves its place', withDetails({ type: 'FHIR_RESOURCE', resources: [{ resourceType: 'Patient', id: '../1' }] }, fhir), 'inputMetadata.details.resources[0].id: must be 1 to 64 letters, digits, `-` and `.`'],
    ['a resource that is a step up', withDetails({ type: 'FHIR_RESOURCE', resources: [{ resourceType: 'Patient', id: '..' }] }, fhir), 'inputMetadata.details.resources[0].id: must be 1 to 64 letters, digits, `-` and `.`'],
    ['two algorithms', body({ inputResources: [algorithm, algorithm, pacs] }), 'inputResources: must have one entry with the interface Algorithm, and has several'],
    ['no pipeline', body({ inputResources: [{ interface: 'Algorithm' }, pacs] }), 'inputResources[0].connectionDetails.id: is missing: the id of a pipeline'],
    ['a pipeline that is none', body({ inputResources: [{ interface: 'Algorithm', connectionDetails: { id: 'x' } }, pacs] }), 'inputResources[0].connectionDetails.id: must be the id of a pipeline'],
    ['an unknown interface', body({ inputResources: [algorithm, pacs, { interface: 'HL7' }] }), 'inputResources[2].interface: must be Algorithm, DICOMweb, FHIR or DIMSE'],
    ['no address', withPacs({ uri: undefined }), 'inputResources[1].connectionDetails.uri: is missing: the address of the service'],
    ['a relative address', withPacs({ uri: '/dicom-web' }), 'inputResources[1].connectionDetails.uri: must be an absolute URL'],
    ['another scheme', withPacs({ uri: 'file:///etc/passwd' }), 'inputResources[1].connectionDetails.uri: must begin with http:// or https://'],
    ['a password in the address', withPacs({ uri: 'http://u:p@h/' }), 'inputResources[1].connectionDetails.uri: must not have a user name or a password: they belong into authType and authID'],
    ['a query in the address', withPacs({ uri: 'http://h/?a=b' }), 'inputResources[1].connectionDetails.uri: must not have a query or a fragment, for paths are added to it'],
    ['a link-local address', withPacs({ uri: 'http://169.254.169.254/latest' }), 'inputResources[1].connectionDetails.uri: 169.254.169.254 is a link-local address, which is refused unless services>inference>allowed-hosts has it'],
    ['an unknown way to log in', withPacs({ authType: 'Digest' }), 'inputResources[1].connectionDetails.authType: must be None, Basic or Bearer'],
    ['Basic that is none', withPacs({ authType: 'Basic', authID: 'user:password' }), 'inputResources[1].connectionDetails.authID: must be base64 of user:password'],
    ['a token with a line end', withPacs({ authType: 'Bearer', authID: 'a\r\nX: y' }), 'inputResources[1].connectionDetails.authID: must be printable characters without blanks'],
    ['an unknown operation', withPacs({ operations: ['DELETE'] }), 'inputResources[1].connectionDetails.operations[0]: must be QUERY, RETRIEVE, WADO Retrieve or STORE'],
  ])('%s', (_, given, expected) => {
    expect(problems(given)).toContain(expected);
  });
});

test.each([
  ['http://a.example/', undefined, true], ['http://[fe80::1]/', undefined, false], ['http://[::ffff:169.254.1.1]/', undefined, false], ['http://127.0.0.1:8042/', undefined, true],
  ['http://a.example/', [], false], ['http://a.example/', ['b.example'], false], ['http://A.example/', ['a.EXAMPLE'], true], ['http://a.example:80/', ['a.example:80'], true], ['https://a.example/', ['a.example:443'], true],
  ['http://a.example:81/', ['a.example:80'], false], ['http://x.a.example/', ['*.a.example'], true], ['http://evil-a.example/', ['*.a.example'], false], ['http://169.254.1.1/', ['169.254.1.1'], true],
  ['http://[::1]:8042/', ['[::1]:8042'], true], ['http://0x7f.1/', ['10.0.0.1'], false],
] as const)('%s may be reached under %j: %s', (uri, hosts, allowed) => {
  expect(problems(withPacs({ uri }), hosts).length === 0).toBe(allowed);
});
