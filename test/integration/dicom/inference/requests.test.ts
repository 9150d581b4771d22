import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JobsService } from '../../../../src/api/services.ts';
import { createPipeline, eventually, listJobs } from '../../../helpers/adapter.ts';
import { algorithm, body, dicomWeb, downloadFile, failed, fhir, place, pipelineDefinition, settled } from '../../../helpers/inference.ts';
import { serverHome, startServer } from '../../../helpers/platform.ts';
import { archived, startArchive } from '../../../helpers/web-archive.ts';

const study = (uid: string, more: object = {}) => ({ type: 'DICOM_UID', studies: [{ StudyInstanceUID: uid, ...more }] });

test('a study and a patient record become one job, whose payload has them bit for bit', async () => {
  const files = [archived('1.2.3.1'), archived('1.2.3.2', { bytes: 300_000 }), archived('1.2.4.1', { series: '1.2.4' })];
  const archive = await startArchive([...files, archived('9.9', { study: '9' })]);
  archive.resources.set('Patient/1-A', '{"resourceType":"Patient","id":"1-A"}');
  const { post, status, connection, pipeline, files: left, lines } = await place();
  const answer = await post(body({
    transactionID: 'Transaction 1', priority: 255,
    inputMetadata: { details: study('1.2'), inputs: [{ type: 'FHIR_RESOURCE', resources: [{ resourceType: 'Patient', id: '1-A' }] }] },
    inputResources: [algorithm(pipeline), dicomWeb(archive.url), fhir(archive.fhir)],
  }));
  const [job] = await listJobs(connection);
  expect(answer).toEqual({ status: 200, type: 'application/json; charset=utf-8', body: { transactionId: 'Transaction 1', jobId: job!.id, payloadId: job!.payload } });
  const ended = await settled(status, 'Transaction 1');
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string;
  expect(ended).toEqual({
    transactionId: 'Transaction 1', dicom: { state: 'Completed', status: 'Success' }, message: expect.any(String) as string,
    platform: { jobId: job!.id, payloadId: job!.payload, state: 'Stopped', status: 'Healthy', priority: 'Immediate', created: time, started: time, stopped: time },
  });
  for (const id of [job!.id, job!.payload, job!.id.toUpperCase()]) expect((await status(id)).body).toEqual(ended);
  const [after] = await listJobs(connection);
  expect(after).toMatchObject({ name: expect.stringMatching(/^transaction-1-ct-\d{14}$/) as string, priority: 4, metadata: { Source: 'Transaction 1', Instances: '4', Submission: expect.any(String) as string } });
  for (const { series, instance, bytes } of files) expect(await downloadFile(connection, job!.payload, `/input/dcm/P1/1.2/${series}/${instance}.dcm`)).toEqual(bytes);
  expect(String(await downloadFile(connection, job!.payload, '/input/ehr/patient-1-a.json'))).toBe('{"resourceType":"Patient","id":"1-A"}');
  expect(archive.asked).toEqual(['/fhir/Patient/1-A', '/dicom-web/studies/1.2'].toSorted((a, b) => archive.asked.indexOf(a) - archive.asked.indexOf(b)));
  expect(archive.accepts).toContain('application/fhir+json; fhirVersion=3.0');
  await eventually(async () => left().length === 0);
  expect(lines.join('')).not.toMatch(/Secret\^Name|"P1"|Patient\/1-A/);
});

test.each([
  ['a series', study('1.2', { series: [{ SeriesInstanceUID: '1.2.4' }] }), ['1.2.4.1']],
  ['instances', study('1.2', { series: [{ SeriesInstanceUID: '1.2.3', instances: [{ SOPInstanceUID: ['1.2.3.2'] }] }, { SeriesInstanceUID: '1.2.4', instances: [{ SOPInstanceUID: ['1.2.4.1'] }] }] }), ['1.2.3.2', '1.2.4.1']],
  ['a patient', { type: 'DICOM_PATIENT_ID', PatientID: 'P1' }, ['1.2.3.1', '1.2.3.2', '1.2.4.1', '5.1']],
  ['accession numbers', { type: 'ACCESSION_NUMBER', accessionNumber: ['A5', 'A9'] }, ['5.1', '9.1']],
])('retrieves by %s', async (_, details, expected) => {
  const archive = await startArchive([archived('1.2.3.1'), archived('1.2.3.2'), archived('1.2.4.1', { series: '1.2.4' }), archived('5.1', { study: '5', accession: 'A5' }), archived('9.1', { study: '9', patient: 'P9', accession: 'A9' })]);
  const { post, status, listInput, pipeline } = await place();
  await post(body({ inputMetadata: { details }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] }));
  const { platform } = await settled(status, 'T1');
  expect((await listInput(platform.payloadId)).map((name) => /([\d.]+)\.dcm$/.exec(name)![1]).toSorted()).toEqual(expected);
});

test('XML of another release', async () => {
  const archive = await startArchive();
  archive.resources.set('Observation/7', '<Observation xmlns="http://hl7.org/fhir"/>');
  const { post, status, listInput, pipeline } = await place();
  await post(body({ inputMetadata: { details: { type: 'FHIR_RESOURCE', fhirFormat: 'Xml', fhirVersion: 'R4', resources: [{ resourceType: 'Observation', id: '7' }] } }, inputResources: [algorithm(pipeline), fhir(archive.fhir)] }));
  const { platform } = await settled(status, 'T1');
  expect(archive.accepts).toEqual(['application/fhir+xml; fhirVersion=4.0']);
  expect(await listInput(platform.payloadId)).toEqual(['/input/ehr/observation-7.xml']);
});

test('credentials reach their server and no other place', async () => {
  const [first, second] = [await startArchive([archived('1.1')]), await startArchive()];
  second.resources.set('Patient/1', '{}');
  const { post, status, home, lines, pipeline, adapter } = await place();
  const basic = Buffer.from('user:Kennwort-1').toString('base64');
  await post(body({
    inputMetadata: { inputs: [study('1.2'), { type: 'FHIR_RESOURCE', resources: [{ resourceType: 'Patient', id: '1' }, { resourceType: 'Patient', id: 'missing' }] }] },
    inputResources: [algorithm(pipeline), dicomWeb(first.url, { authType: 'Basic', authID: basic }), fhir(second.fhir, { authType: 'Bearer', authID: 'geheim-2' })],
    outputResources: [dicomWeb(first.url, { authType: 'Bearer', authID: 'geheim-3' })],
  }));
  const ended = await settled(status, 'T1');
  expect(new Set(first.authorizations)).toEqual(new Set([`Basic ${basic}`]));
  expect(new Set(second.authorizations)).toEqual(new Set(['Bearer geheim-2']));
  expect(ended.message).toContain('resources[1]: inputResources[2]: http://127.0.0.1');
  expect(ended.dicom.status).toBe('Success');
  const { outputsOfJob } = await import('../../../../src/dicom/inference/outputs.ts');
  const { openAdapterStore } = await import('../../../../src/dicom/store/store.ts');
  const { Sealing } = await import('../../../../src/dicom/inference/sealing.ts');
  await adapter.close();
  const secrets = [basic, 'Kennwort', 'geheim'];
  for (const name of readdirSync(join(home, 'dicom'))) {
    if (name === 'instances' || name === 'exports') continue;
    const content = readFileSync(join(home, 'dicom', name), 'latin1');
    for (const secret of secrets) expect(content.includes(secret), `${name} has ${secret}`).toBe(false);
  }
  for (const secret of secrets) expect(`${lines.join('')}${JSON.stringify(ended)}`).not.toContain(secret);
  const store = openAdapterStore(join(home, 'dicom', 'dicom.db'));
  expect(outputsOfJob(store, await Sealing.open(join(home, 'dicom', 'inference.key')), ended.platform.jobId)).toEqual([{ at: 'outputResources[0]', kind: 'dicomweb', uri: `${first.url}/`, authorization: 'Bearer geheim-3' }]);
  store.db.close();
});

test('what one source has not got comes from the next, and a source in trouble is asked again', async () => {
  const [first, second] = [await startArchive([archived('1.1')]), await startArchive([archived('1.1'), archived('2.1', { study: '2' })])];
  let refusals = 0;
  second.intercept = (path, reply) => {
    if (!path.endsWith('/studies/2') || refusals++ >= 5) return false;
    reply.raw.writeHead(503).end();
    return true;
  };
  const { post, status, listInput, pipeline } = await place();
  await post(body({ inputMetadata: { inputs: [study('1.2'), study('2')] }, inputResources: [algorithm(pipeline), dicomWeb(first.url), dicomWeb(second.url)] }));
  const ended = await settled(status, 'T1');
  expect(ended.message).not.toContain('DICOM adapter');
  expect(await listInput(ended.platform.payloadId)).toHaveLength(2);
  expect([first.asked.filter((path) => path.endsWith('/1.2')).length, second.asked.filter((path) => path.endsWith('/1.2')).length, refusals]).toEqual([1, 0, 6]);
});

test('after the last attempt the job gets what there is', async () => {
  const archive = await startArchive([archived('1.1')]);
  const { post, status, pipeline, connection } = await place();
  await post(body({ inputMetadata: { inputs: [study('1.2'), study('404')] }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] }));
  const ended = await settled(status, 'T1');
  expect(ended).toMatchObject({ dicom: { state: 'Completed', status: 'Success' }, platform: { status: 'Healthy' } });
  expect(ended.message).toContain('DICOM adapter: inputMetadata.inputs[1].studies[0]: inputResources[1]: http://127.0.0.1');
  expect(archive.asked.filter((path) => path.endsWith('/404'))).toHaveLength(4);
  expect((await listJobs(connection))[0]!.metadata.Instances).toBe('1');
});

test('a request that finds nothing fails, and its job is cancelled; asked again, it is a new one', async () => {
  const archive = await startArchive();
  const { post, status, pipeline, connection, files } = await place();
  const request = body({ inputMetadata: { details: { type: 'DICOM_PATIENT_ID', PatientID: 'Secret-Id' } }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] });
  const first = await post(request);
  const ended = await failed(status, 'T1');
  expect(ended).toMatchObject({ dicom: { state: 'Completed', status: 'Fail' }, platform: { state: 'Stopped', status: 'Canceled' }, message: expect.stringContaining('DICOM adapter: nothing was found') as string });
  expect(JSON.stringify(ended)).not.toContain('Secret-Id');
  expect(archive.asked).toHaveLength(4);
  archive.files.push(archived('1.1', { patient: 'Secret-Id' }));
  const second = await post(request);
  expect(second.body.jobId).not.toBe(first.body.jobId);
  expect((await settled(status, 'T1')).platform.jobId).toBe(second.body.jobId);
  expect(await listJobs(connection)).toHaveLength(2);
  await eventually(async () => files().length === 0);
});

test('the same request again is the same job, at the same time as well; another one with its transaction is refused', async () => {
  const archive = await startArchive([archived('1.1')]);
  const { post, status, pipeline, connection } = await place();
  const request = body({ inputMetadata: { details: study('1.2') }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] });
  const answers = await Promise.all([post(request), post(request), post(request)]);
  expect(new Set(answers.map(({ body: { jobId } }) => jobId)).size).toBe(1);
  await settled(status, 'T1');
  expect(await post(request)).toEqual(answers[0]);
  expect(await post({ ...request, priority: 1 })).toEqual({ status: 422, type: 'application/problem+json; charset=utf-8', body: { title: 'Invalid request', status: 422, detail: 'transactionID: is that of another request; give each request one of its own' } });
  expect(await listJobs(connection)).toHaveLength(1);
});

test('what is wrong is answered as documented', async () => {
  const { post, status, pipeline } = await place();
  const problem = 'application/problem+json; charset=utf-8';
  expect(await post({ transactionID: 'T1' })).toEqual({ status: 422, type: problem, body: {
    title: 'Invalid request', status: 422,
    detail: 'inputMetadata: is missing: `details`, or a list `inputs`, with what is to be retrieved\ninputResources: must have one entry with the interface Algorithm, and has none\ninputResources: must have an entry with the interface DICOMweb or FHIR',
  } });
  expect((await post('{')).status).toBe(400);
  expect((await post('x', 'text/plain')).status).toBe(415);
  expect(await post(body({ inputMetadata: { details: study('1.2') }, inputResources: [algorithm('0'.repeat(32)), dicomWeb('http://127.0.0.1:1')] }))).toEqual({ status: 500, type: problem, body: { title: 'Failed to create job', status: 500, detail: expect.stringContaining('0'.repeat(32)) as string } });
  expect(await status('T1')).toEqual({ status: 404, type: problem, body: { title: 'Inference request not found.', status: 404, detail: 'There is no inference request with this transaction, job or payload id.' } });
  expect((await post(body({ inputMetadata: { details: study('1.2') }, inputResources: [algorithm(pipeline), dicomWeb('http://169.254.169.254/')] }))).status).toBe(422);
});

test('a transaction may be long and have any characters', async () => {
  const archive = await startArchive([archived('1.1')]);
  const { post, status, pipeline } = await place();
  const transactionID = `${'ä/?#%'.repeat(42)}x`;
  await post(body({ transactionID, inputMetadata: { details: study('1.2') }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] }));
  expect((await settled(status, transactionID)).transactionId).toBe(transactionID);
});

test('a job that cannot be submitted is told', async () => {
  const archive = await startArchive([archived('1.1', { bytes: 3_000_000 })]);
  const { post, status, pipeline, connection } = await place();
  archive.intercept = (path, reply) => {
    if (!path.endsWith('/1.2')) return false;
    // Somebody cancels the job while its data arrive.
    void listJobs(connection).then(([job]) => connection.service(JobsService).cancel({ jobId: { value: job!.id }, reason: 'not wanted' })).then(() => {
      reply.raw.writeHead(200, { 'content-type': 'application/dicom' }).end(archive.files[0]!.bytes);
    });
    return true;
  };
  await post(body({ inputMetadata: { details: study('1.2') }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] }));
  const told = await eventually(async () => {
    const { body: found } = await status('T1');
    return found.message.includes('could not be submitted:') && found;
  });
  expect(told).toMatchObject({ dicom: { state: 'Completed', status: 'Success' }, platform: { status: 'Canceled' } });
});

test('only hosts that the operator has named are asked', async () => {
  const archive = await startArchive([archived('1.1')]);
  const { post, status, pipeline } = await place({ hosts: [new URL(archive.url).host] });
  expect(await post(body({ inputMetadata: { details: study('1.2') }, inputResources: [algorithm(pipeline), dicomWeb('http://127.0.0.1:1/')] }))).toMatchObject({ status: 422, body: { detail: 'inputResources[1].connectionDetails.uri: 127.0.0.1 is not among services>inference>allowed-hosts' } });
  await post(body({ inputMetadata: { details: study('1.2') }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] }));
  expect((await settled(status, 'T1')).dicom.status).toBe('Success');
});

test('while the platform is away a request is answered with 500 and leaves nothing; a status says so', async () => {
  const home = serverHome();
  const first = await startServer({ home });
  const pipeline = await createPipeline(first.connection, pipelineDefinition);
  const archive = await startArchive([archived('1.1')]);
  const adapter = await place({ target: first.target, pipeline });
  const request = body({ inputMetadata: { details: study('1.2') }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] });
  await adapter.post({ ...request, transactionID: 'before' });
  await settled(adapter.status, 'before');
  await first.stop();
  expect(await adapter.post(request)).toMatchObject({ status: 500, body: { title: 'Failed to create job', detail: expect.stringContaining('no platform answered') as string } });
  expect(await adapter.status('before')).toMatchObject({ status: 200, body: { dicom: { status: 'Success' }, platform: { state: 'Unknown', status: 'Unknown', created: null }, message: expect.stringContaining('the platform could not be asked: no platform answered') as string } });
  expect((await adapter.status('T1')).status).toBe(404);
  const again = await startServer({ home, args: ['--port', first.target.split(':')[1]!] });
  await eventually(async () => (await adapter.post(request)).status === 200);
  await settled(adapter.status, 'T1');
  expect(await listJobs(again.connection)).toHaveLength(2);
});
