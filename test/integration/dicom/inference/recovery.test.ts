import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { JobsService } from '../../../../src/api/services.ts';
import { parseInferenceRequest } from '../../../../src/dicom/inference/request/parse.ts';
import { WebClient } from '../../../../src/dicom/inference/retrieve/web-client.ts';
import { Sealing } from '../../../../src/dicom/inference/sealing.ts';
import { InferenceService } from '../../../../src/dicom/inference/service.ts';
import { InstanceFiles } from '../../../../src/dicom/receive/instance-files.ts';
import { openAdapterStore, type AdapterStore } from '../../../../src/dicom/store/store.ts';
import { createLog } from '../../../../src/system/log.ts';
import { createPipeline, eventually, listJobs } from '../../../helpers/adapter.ts';
import { algorithm, body, dicomWeb, failed, pipelineDefinition, place, settled } from '../../../helpers/inference.ts';
import { startServer } from '../../../helpers/platform.ts';
import { tempDir } from '../../../helpers/run.ts';
import { archived, startArchive } from '../../../helpers/web-archive.ts';

const details = { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1.2' }] };

/** An adapter that took a request in and ended while its archive did not answer; what `change` does to its database is what a crash leaves. */
async function interrupted(change: (store: AdapterStore, id: string) => void, sleepy = true) {
  const home = tempDir();
  const archive = await startArchive([archived('1.1'), archived('1.2')]);
  if (sleepy) archive.intercept = () => true;
  const first = await place({ home });
  const request = body({ inputMetadata: { details }, inputResources: [algorithm(first.pipeline), dicomWeb(archive.url)] });
  const { body: accepted } = await first.post(request);
  await eventually(async () => archive.asked.length > 0);
  await first.adapter.close();
  archive.intercept = undefined;
  const store = openAdapterStore(join(home, 'dicom', 'dicom.db'));
  change(store, store.inference.living('T1')!.id);
  store.db.close();
  const again = () => place({ home, target: first.connection.target, pipeline: first.pipeline });
  return { accepted, archive, request, again };
}

test('a request whose retrieval was interrupted goes on, with the same job', async () => {
  const { accepted, again } = await interrupted(() => undefined);
  const { status, listInput, connection } = await again();
  const ended = await settled(status, 'T1');
  expect([ended.platform.jobId, (await listJobs(connection)).length]).toEqual([accepted.jobId, 1]);
  expect(await listInput(accepted.payloadId)).toHaveLength(2);
});

test('a job that was created without our learning of it is found again, and the same request gets it', async () => {
  const { accepted, again, request } = await interrupted((store, id) => store.db.prepare("UPDATE inference_requests SET state = 'creating', job_id = NULL, payload_id = NULL WHERE id = ?").run(id));
  const { status, post, connection } = await again();
  expect((await post(request)).body).toMatchObject({ jobId: accepted.jobId, payloadId: accepted.payloadId });
  expect((await settled(status, 'T1')).platform.jobId).toBe(accepted.jobId);
  expect(await listJobs(connection)).toHaveLength(1);
});

test('what was retrieved completely is not asked for again', async () => {
  const { archive, again } = await interrupted((store, id) => {
    store.inference.itemDone(id, 'inputMetadata.details.studies[0]');
    store.inference.addFile(store.inference.get(id)!.groupId!, { name: 'ehr/x.json', file: `${'0'.repeat(32)}.dcm`, bytes: 1, sopClass: '', sopInstance: '' }, 1);
  });
  const before = archive.asked.length;
  const { status } = await again();
  await eventually(async () => (await status('T1')).body.dicom.status === 'Success');
  expect(archive.asked).toHaveLength(before);
});

test('a job that nobody was told of is cancelled', async () => {
  const { accepted, again } = await interrupted((store, id) => store.inference.dropping(id, 1));
  const { status, connection } = await again();
  await eventually(async () => (await listJobs(connection)).every(({ state }) => state === 3));
  expect((await connection.service(JobsService).status({ jobId: { value: accepted.jobId } })).status).toBe(3);
  expect((await status('T1')).status).toBe(404);
});

test('a job whose request was given up is cancelled', async () => {
  const { again } = await interrupted((store, id) => store.inference.failing(id, 'nothing was found', 1));
  const { status, files } = await again();
  expect(await failed(status, 'T1')).toMatchObject({ platform: { status: 'Canceled' }, dicom: { state: 'Completed', status: 'Fail' } });
  await eventually(async () => files().length === 0);
});

test('credentials of a lost key fail the request, and say so', async () => {
  const { again } = await interrupted((store, id) => store.db.prepare('UPDATE inference_requests SET secrets = ? WHERE id = ?').run(Buffer.alloc(60), id));
  const { status } = await again();
  expect((await failed(status, 'T1')).message).toContain('DICOM adapter: stored credentials cannot be read: they were sealed with another key');
});

test('a full disk pauses retrieval, which goes on by itself', async () => {
  const { connection } = await startServer();
  const pipeline = await createPipeline(connection, pipelineDefinition);
  const archive = await startArchive([archived('1.1', { bytes: 40_000_000 })]);
  const folder = tempDir();
  const store = openAdapterStore(join(folder, 'dicom.db'));
  onTestFinished(() => store.db.close());
  const files = new InstanceFiles(join(folder, 'instances'), false);
  const lines: string[] = [];
  let [hasRoom, looks, submitted] = [(): boolean => false, 0, 0];
  const service = new InferenceService({
    store, files, connection, web: new WebClient(undefined), sealing: await Sealing.open(join(folder, 'key')), retryDelayMs: 0, onSubmitted: () => { submitted += 1; }, hasRoom: () => hasRoom(),
    log: createLog({ destination: { write: (line: string) => { lines.push(line); } } }),
  });
  onTestFinished(() => service.close());
  const given = body({ inputMetadata: { details }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] });
  const parsed = parseInferenceRequest(given, undefined);
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join());
  await service.accept(parsed.request, given);
  await eventually(async () => service.status().paused);
  expect([archive.asked.length, service.status()]).toEqual([0, { queued: 1, inProcess: 0, submitted: 0, failed: 0, paused: true }]);
  // Enough to begin, and not to go on.
  hasRoom = () => looks++ < 2;
  await eventually(async () => lines.some((line) => line.includes('became too full')));
  expect([archive.asked.length, store.inference.living('T1')!.tries]).toEqual([1, 0]);
  hasRoom = () => true;
  await eventually(async () => submitted === 1);
  expect(service.status()).toMatchObject({ submitted: 1, paused: false });
});
