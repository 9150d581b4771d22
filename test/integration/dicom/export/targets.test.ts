import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ResultTask } from '../../../../src/core/results.ts';
import { targetsOfTask } from '../../../../src/dicom/export/target.ts';
import { withoutSecrets } from '../../../../src/dicom/inference/outputs.ts';
import { type WebResource } from '../../../../src/dicom/inference/request/request.ts';
import { Sealing } from '../../../../src/dicom/inference/sealing.ts';
import { openAdapterStore } from '../../../../src/dicom/store/store.ts';
import { tempDir } from '../../../helpers/run.ts';

const jobId = '2'.repeat(32);
const task = (parameters: string | null): ResultTask => ({ taskId: 't', jobId, pipelineId: '1'.repeat(32), payloadId: '3'.repeat(32), parameters, state: 'Pending', retries: 0, agent: 'DICOMweb', uris: [] });
const output = (uri: string): WebResource => ({ at: 'outputResources[0]', kind: 'dicomweb', uri, authorization: 'Bearer from-request' });

/** A store with a PACS, a DICOMweb server, and an inference request for the job. */
async function place(outputs: readonly WebResource[]) {
  const home = tempDir();
  const [store, sealing] = [openAdapterStore(join(home, 'dicom.db')), await Sealing.open(join(home, 'key'))];
  onTestFinished(() => store.db.close());
  store.entities.addDestination({ name: 'PACS', aeTitle: 'PACS', hostIp: '127.0.0.1', port: 104 });
  store.webDestinations.add({ name: 'WEB', url: 'https://pacs.example/dicom-web', authType: 'Basic', tlsCa: '', secret: sealing.seal('dTpw') });
  const { request, secrets } = withoutSecrets(outputs);
  store.inference.add({
    id: '4'.repeat(32), transactionId: 'T', digest: 'd', jobName: 'n', secrets: sealing.seal(JSON.stringify(secrets)), rules: { quietMs: 0, groupBy: 0, priority: 'normal', retryDelayMs: 0, pipelines: [] },
    request: { transactionId: 'T', priority: 'normal', algorithm: { name: 'a', pipelineId: '1'.repeat(32) }, inputs: [], sources: [], outputs: request, ignored: [] },
  }, 1);
  store.inference.created('4'.repeat(32), jobId, '3'.repeat(32), 1);
  return (parameters: string | null, hosts?: readonly string[]) => targetsOfTask(task(parameters), store, sealing, hosts);
}

test('destinations of both kinds by their names; without one, what the inference request says', async () => {
  const targets = await place([output('https://there.example/web/')]);
  expect(targets('["pacs", "web"]')).toMatchObject({ kind: 'targets', targets: [{ kind: 'dicom', destination: { port: 104 } }, { kind: 'web', server: { url: 'https://pacs.example/dicom-web', authorization: 'Basic dTpw' } }] });
  expect(targets(null)).toEqual({ kind: 'targets', targets: [{ kind: 'web', name: 'outputResources[0]', server: { url: 'https://there.example/web/', authorization: 'Bearer from-request', ca: undefined } }] });
  expect(targets('"NOWHERE"')).toMatchObject({ kind: 'problem', why: expect.stringContaining('no destination "NOWHERE"') as string });
});

test('hosts that inference requests may not name get nothing', async () => {
  const targets = await place([output('http://169.254.169.254/latest/')]);
  expect(targets(null)).toMatchObject({ kind: 'problem', why: expect.stringContaining('link-local') as string });
  expect((await place([output('https://there.example/')]))(null, ['elsewhere.example'])).toMatchObject({ kind: 'problem', why: expect.stringContaining('there.example is not among') as string });
});

test('a job of no inference request that says where results go', async () => {
  expect((await place([]))(null)).toMatchObject({ kind: 'problem', why: expect.stringMatching(/no parameters.*of no inference request/) as string });
});
