import { expect, test } from 'vitest';
import { algorithm, body, dicomWeb, place, settled } from '../../helpers/inference.ts';
import { archived, startArchive } from '../../helpers/web-archive.ts';

test('a job of an inference request is explained by its request', async () => {
  const archive = await startArchive([archived('1.1'), archived('1.2')]);
  const { adapter, pipeline, post, status } = await place();
  const accepted = await post(body({ inputMetadata: { details: { type: 'DICOM_UID', studies: [{ StudyInstanceUID: '1.2' }] } }, inputResources: [algorithm(pipeline), dicomWeb(archive.url)] }));
  await settled(status, 'T1');
  const explained = await fetch(`http://${adapter.ready.rest}/api/explain/job/${accepted.body.jobId.slice(0, 12)}`);
  expect([explained.status, await explained.json()]).toEqual([200, expect.objectContaining({
    transactionId: 'T1', submission: expect.objectContaining({ jobId: accepted.body.jobId, state: 'completed' }) as unknown, rule: expect.objectContaining({ pipeline: 'ct', pipelineId: pipeline, aeTitle: '' }) as unknown,
    group: expect.objectContaining({ instances: 2, closedBy: expect.any(String) as string }) as unknown,
  })]);
});
