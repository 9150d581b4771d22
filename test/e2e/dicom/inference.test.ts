import { readFileSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { certificates } from '../../helpers/certificates.ts';
import { ctHead, root, run } from '../../helpers/run.ts';
import { missing } from '../../helpers/require.ts';
import { dicomPlace } from '../../helpers/dicom-place.ts';
import { eventually } from '../../helpers/adapter.ts';
import { startOrthanc, type Orthanc } from '../../helpers/orthanc.ts';
import { archived, startArchive, startBroken } from '../../helpers/web-archive.ts';
import { algorithm, body, dicomWeb } from '../../helpers/inference.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';

interface Told {
  readonly dicom: { readonly state: string; readonly status: string };
  readonly platform: { readonly jobId: string; readonly payloadId: string; readonly state: string; readonly status: string };
  readonly message: string;
}

/** Makes a list of names and digests of its files. */
const listing = shellOperators({ list: 'cd /input && find . -type f -exec sha256sum {} + > /output/list' });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function ask(rest: string, path: string, request?: unknown): Promise<{ readonly code: number; readonly told: Told & { readonly jobId: string } }> {
  const response = await fetch(`http://${rest}/api/inference${path}`, request === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
  return { code: response.status, told: (await response.json()) as Told & { readonly jobId: string } };
}

/** Stores the files of the example study and returns its UID. */
async function fillOrthanc(orthanc: Orthanc): Promise<string> {
  for (const name of readdirSync(ctHead).filter((entry) => entry.endsWith('.dcm'))) await fetch(`${orthanc.url}/instances`, { method: 'POST', body: readFileSync(join(ctHead, name)) });
  const [study] = await orthanc.get<string[]>('/studies');
  return (await orthanc.get<{ MainDicomTags: { StudyInstanceUID: string } }>(`/studies/${study}`)).MainDicomTags.StudyInstanceUID;
}

test.skipIf(missing('orthanc') || missing('ct-head'))('the example of the page runs as printed, with a study of Orthanc', async () => {
  const orthanc = await startOrthanc();
  const study = await fillOrthanc(orthanc);
  const { home, env, startAdapter } = await dicomPlace();
  const { rest } = await startAdapter();
  const page = readFileSync(join(root, 'docs/inference.md'), 'utf8');
  const script = /<!-- test: request -->\n```bash\n([^]*?)```/.exec(page)![1]!;
  const typed = script
    .replace('clara platform start\nclara dicom start\n', '').replaceAll('<STUDY_UID>', study).replaceAll('127.0.0.1:5000', rest).replaceAll('http://127.0.0.1:8042', orthanc.url)
    .replaceAll('templates/', `${root}/templates/`).replaceAll(/\bclara /g, `${root}/bin/clara `);
  const finished = await run('bash', ['-euo', 'pipefail', '-c', typed], { cwd: home, env: { ...process.env, ...env } });
  expect(finished, finished.stdout + finished.stderr).toMatchObject({ exitCode: 0 });
  const { told } = await ask(rest, '/status/head-1');
  expect(told, told.message).toMatchObject({ dicom: { state: 'Completed', status: 'Success' }, platform: { state: 'Stopped', status: 'Healthy' } });
}, 120_000);

test.skipIf(missing('orthanc') || missing('ct-head'))('Orthanc gives a study, a series, an instance, a patient, and files as they are; with a log-in', async () => {
  const orthanc = await startOrthanc({ AuthenticationEnabled: true, RegisteredUsers: { alice: 'secret-pw' } });
  const login = Buffer.from('alice:secret-pw').toString('base64');
  const call = async <Answer>(path: string, content?: Buffer) => (await fetch(orthanc.url + path, { headers: { authorization: `Basic ${login}` }, ...(content === undefined ? {} : { method: 'POST', body: content }) })).json() as Promise<Answer>;
  for (const name of readdirSync(ctHead).filter((entry) => entry.endsWith('.dcm'))) await call('/instances', readFileSync(join(ctHead, name)));
  const [study] = await call<{ MainDicomTags: Record<string, string>; PatientMainDicomTags: Record<string, string>; Series: string[] }[]>('/studies?expand');
  const [series] = await call<{ MainDicomTags: Record<string, string>; Instances: string[] }[]>('/series?expand');
  const [instance] = await call<{ ID: string; MainDicomTags: Record<string, string> }[]>('/instances?expand');
  const kept = Buffer.from(await (await fetch(`${orthanc.url}/instances/${instance!.ID}/file`, { headers: { authorization: `Basic ${login}` } })).arrayBuffer());
  const uids = { study: study!.MainDicomTags.StudyInstanceUID, series: series!.MainDicomTags.SeriesInstanceUID, instance: instance!.MainDicomTags.SOPInstanceUID };
  const { createPipeline, startAdapter, jobs, home, ask: type } = await dicomPlace();
  const pipeline = await createPipeline(listing);
  const { rest } = await startAdapter();
  const inputs = {
    study: { type: 'DICOM_UID', studies: [{ StudyInstanceUID: uids.study }] },
    series: { type: 'DICOM_UID', studies: [{ StudyInstanceUID: uids.study, series: [{ SeriesInstanceUID: uids.series }] }] },
    instance: { type: 'DICOM_UID', studies: [{ StudyInstanceUID: uids.study, series: [{ SeriesInstanceUID: uids.series, instances: [{ SOPInstanceUID: [uids.instance] }] }] }] },
    patient: { type: 'DICOM_PATIENT_ID', PatientID: study!.PatientMainDicomTags.PatientID },
  };
  for (const [name, details] of Object.entries(inputs)) {
    expect((await ask(rest, '', body({ transactionID: name, inputMetadata: { details }, inputResources: [algorithm(pipeline), dicomWeb(`${orthanc.url}/dicom-web`, { authType: 'Basic', authID: login })] }))).code).toBe(200);
  }
  for (const name of Object.keys(inputs)) await eventually(async () => (await ask(rest, `/status/${name}`)).told.platform.state === 'Stopped', 60);
  const counts = new Map((await jobs()).map(({ metadata, status }) => [metadata.Source, `${metadata.Instances} ${status}`]));
  expect(Object.fromEntries(counts)).toEqual({ study: '28 JOB_STATUS_HEALTHY', series: '28 JOB_STATUS_HEALTHY', instance: '1 JOB_STATUS_HEALTHY', patient: '28 JOB_STATUS_HEALTHY' });
  const { told } = await ask(rest, '/status/instance');
  await type(['download', `${told.platform.jobId}:/operators/list/list`, join(home, 'list')]);
  expect(readFileSync(join(home, 'list'), 'utf8')).toContain(sha256(kept));
  expect(await type(['dicom', 'explain', told.platform.jobId])).toContain(`inference request instance, algorithm ct (${pipeline}), priority normal`);
  expect(await type(['dicom', 'status'])).toContain('0 queued, 0 in process, 4 submitted, 0 failed');
  expect(readFileSync(join(home, 'dicom', 'server.log'), 'utf8')).not.toMatch(new RegExp(`${login}|secret-pw|${study!.PatientMainDicomTags.PatientID}`));
}, 180_000);

test.skipIf(missing('orthanc') || missing('ct-head'))('from the archive and back: the result is a new series of the study there, by the output of the request', async () => {
  const orthanc = await startOrthanc();
  const study = await fillOrthanc(orthanc);
  const { createPipeline, startAdapter, tasks, ended } = await dicomPlace();
  const template = readFileSync(join(root, 'templates/pipelines/ct-threshold-dicom.yaml'), 'utf8');
  const pipeline = await createPipeline(template.replace('agent: ClaraSCU', 'agent: DICOMweb').replace(', "--data", "${{ destinations }}"', ''));
  const { rest } = await startAdapter();
  await ask(rest, '', body({
    transactionID: 'round', inputMetadata: { details: { type: 'DICOM_UID', studies: [{ StudyInstanceUID: study }] } },
    inputResources: [algorithm(pipeline), dicomWeb(`${orthanc.url}/dicom-web`)], outputResources: [dicomWeb(`${orthanc.url}/dicom-web`)],
  }));
  expect(await ended(1)).toMatchObject([{ status: 'JOB_STATUS_HEALTHY' }]);
  await eventually(async () => (await tasks()).some(({ state }) => state === 'Succeeded'), 60);
  const found = await orthanc.get<{ MainDicomTags: Record<string, string>; Instances: string[] }[]>('/series?expand');
  expect(found.map(({ MainDicomTags: { SeriesDescription }, Instances }) => [SeriesDescription === 'Bone', Instances.length]).toSorted()).toEqual([[false, 28], [true, 28]]);
}, 180_000);

test.skipIf(missing('openssl'))('a server with a certificate of the hospital\'s own authority; http may lead to https, and https not back', async () => {
  const file = certificates();
  const archive = await startArchive([archived('1.1')]);
  const secure = createServer({ cert: readFileSync(file('server.pem')), key: readFileSync(file('server.key')) }, ({ url }, response) => {
    if (url!.startsWith('/back/')) response.writeHead(302, { location: `${archive.url}${url!.slice('/back'.length)}` }).end();
    else response.writeHead(200, { 'content-type': 'application/dicom' }).end(archive.files[0]!.bytes);
  }).listen(0, '127.0.0.1');
  await once(secure, 'listening');
  onTestFinished(() => {
    secure.closeAllConnections();
    secure.close();
  });
  const origin = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  const plain = await startBroken(({ url }, response) => void response.writeHead(302, { location: `${origin}${url}` }).end());
  const { createPipeline, startAdapter, layDown, ended, env } = await dicomPlace();
  layDown('services: { platform: { retry-delay-seconds: 0 } }');
  const pipeline = await createPipeline(listing);
  const details = { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1.2' }] };
  const request = (transactionID: string, uri: string) => body({ transactionID, inputMetadata: { details }, inputResources: [algorithm(pipeline), dicomWeb(uri)] });
  const { rest } = await startAdapter();
  await ask(rest, '', request('unknown', origin));
  await eventually(async () => (await ask(rest, '/status/unknown')).told.message.match(/cannot be reached \((UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET)/));
  (env as Record<string, string>).NODE_EXTRA_CA_CERTS = file('ca.pem');
  await run(process.execPath, [join(root, 'bin/clara'), 'dicom', 'stop'], { env: { ...process.env, ...env } });
  const known = await startAdapter();
  await ask(known.rest, '', request('known', plain));
  await ask(known.rest, '', request('back', `${origin}/back`));
  expect((await ended(3)).map(({ metadata, status }) => `${metadata.Source} ${status}`).toSorted()).toEqual(['back JOB_STATUS_CANCELED', 'known JOB_STATUS_HEALTHY', expect.stringMatching(/^unknown /) as string]);
  expect((await ask(known.rest, '/status/back')).told.message).toContain('redirects from https to http, which is refused');
}, 120_000);

test('the page of the API describes both routes', async () => {
  const { startAdapter } = await dicomPlace();
  const { paths } = (await (await fetch(`http://${(await startAdapter()).rest}/swagger/v1/swagger.json`)).json()) as { paths: Record<string, Record<string, { requestBody?: unknown; responses: object }>> };
  expect(Object.keys(paths['/api/inference']!.post!.responses)).toEqual(['200', '400', '415', '422', '500']);
  expect(JSON.stringify(paths['/api/inference']!.post!.requestBody)).toContain('StudyInstanceUID');
  expect(Object.keys(paths['/api/inference/status/{id}']!.get!.responses)).toEqual(['200', '404', '500']);
});

test('kill -9 at any moment: each request is one job, with everything it asked for', async () => {
  const studies = Array.from({ length: 6 }, (_, study) => Array.from({ length: 12 }, (_unused, number) => archived(`7.${study}.${number}`, { study: `7.${study}`, bytes: 20_000 })));
  const archive = await startArchive(studies.flat());
  const { createPipeline, startAdapter, ended, layDown, home, ask: type } = await dicomPlace();
  layDown('services: { platform: { retry-delay-seconds: 0 } }');
  const pipeline = await createPipeline(listing);
  let running = await startAdapter();
  for (const [number, files] of studies.entries()) {
    const details = { type: 'DICOM_UID', studies: [{ StudyInstanceUID: `7.${number}`, series: [{ SeriesInstanceUID: '1.2.3', instances: [{ SOPInstanceUID: files.map(({ instance }) => instance) }] }] }] };
    const request = body({ transactionID: `T${number}`, inputMetadata: { details }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] });
    const killed = new Promise<void>((resolve) => setTimeout(() => { process.kill(running.pid, 'SIGKILL'); resolve(); }, 15 + 40 * number));
    // It may be answered, or not.
    void ask(running.rest, '', request).catch(() => undefined);
    await killed;
    running = await startAdapter();
    // Whoever was not answered asks again.
    expect((await ask(running.rest, '', request)).code).toBe(200);
  }
  const jobs = await ended(studies.length);
  expect(jobs.map(({ metadata: { Source, Instances }, status }) => `${Source} ${Instances} ${status}`).toSorted()).toEqual(studies.map((files, number) => `T${number} ${files.length} JOB_STATUS_HEALTHY`));
  for (const { jobId, metadata } of jobs) {
    await type(['download', `${jobId}:/operators/list/list`, join(home, `list-${metadata.Source}`)]);
    const listed = readFileSync(join(home, `list-${metadata.Source}`), 'utf8').trimEnd().split('\n').map((line) => line.slice(0, 64));
    expect(listed.toSorted()).toEqual(studies[Number(metadata.Source!.slice(1))]!.map(({ bytes }) => sha256(bytes)).toSorted());
  }
  await eventually(async () => readdirSync(join(home, 'dicom', 'instances')).length === 0);
}, 240_000);

test('an instance of 256 MiB passes through in less than 150 MB of memory', async () => {
  const mebibytes = 256;
  const { bytes: small } = archived('1.1', { bytes: 0 });
  const head = Buffer.from(small);
  head.writeUInt32LE(mebibytes * 1024 * 1024, head.length - 4);
  const url = await startBroken((_, response) => {
    response.writeHead(200, { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' });
    response.write(Buffer.concat([Buffer.from('--b\r\n\r\n'), head]));
    let left = mebibytes;
    const piece = Buffer.alloc(1024 * 1024, 1);
    const more = () => {
      while (left > 0) {
        left -= 1;
        if (!response.write(piece)) return;
      }
      response.end('\r\n--b--\r\n');
    };
    response.on('drain', more);
    more();
  });
  const { createPipeline, startAdapter, ended } = await dicomPlace();
  const pipeline = await createPipeline(shellOperators({ size: 'find /input -type f -size +200M > /output/list; test -s /output/list' }));
  const { rest, pid } = await startAdapter();
  expect((await ask(rest, '', body({ inputMetadata: { details: { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1.2' }] } }, inputResources: [algorithm(pipeline), dicomWeb(url)] }))).code).toBe(200);
  expect(await ended(1)).toMatchObject([{ status: 'JOB_STATUS_HEALTHY', metadata: { Instances: '1' } }]);
  const peakKb = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
  expect(peakKb).toBeLessThan(150_000);
}, 180_000);
