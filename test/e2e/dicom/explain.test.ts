import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, instance, send, settingsFor } from '../../helpers/adapter.ts';
import { dicomPlace } from '../../helpers/dicom-place.ts';
import { clara } from '../../helpers/run.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';
import { adapterPlace, fileOf } from './place.ts';

const id = '0fcdcdea89c6456fb20abc7379c54ef2';
const room = 'storage: { watermark-percent: 100, reserve-space-gb: 0 }';

test('what would become of a file: the same decisions as the receiver’s, and the group that it would join', async () => {
  const { home, call, settings, start } = adapterPlace();
  settings(`dicom:
  scp:
    ae-titles:
      - { ae-title: STUDIES, timeout: 600, ignored-sop-classes: ["1.2.840.10008.5.1.4.1.1.7"] }
      - { ae-title: PATIENTS, timeout: 600, overwrite-same-instance: true, processor-settings: { groupBy: "0010,0020", priority: higher } }
      - { ae-title: AT-END, timeout: 0 }
    sources: [{ ae-title: DCM4CHEE, host-ip: 127.0.0.1 }]
pipeline-mappings:
  - { name: ct, clara-ae-title: STUDIES, pipeline-id: ${id} }
  - { name: ct, clara-ae-title: PATIENTS, pipeline-id: ${id} }
  - { name: ct, clara-ae-title: AT-END, pipeline-id: ${id} }
${room}
`);
  const { port } = await start();
  const explain = async (file: string, ...args: readonly string[]) => {
    const { stdout, stderr, exitCode } = await call('explain', file, '-o', 'json', ...args);
    if (exitCode !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as { answers: { aeTitle: string; outcome: string; status?: string; why: string; group?: Record<string, unknown>; jobs?: Record<string, unknown>[] }[] }).answers;
  };
  const outcome = async (file: string, ...args: readonly string[]) => {
    const [answer] = await explain(file, ...args);
    return [answer!.outcome, answer!.why];
  };
  const good = fileOf(home, 'good.dcm', '1.2.3.1');
  expect(await explain(good)).toMatchObject([
    { aeTitle: 'AT-END', outcome: 'stored', group: { timeoutSeconds: 0 } },
    { aeTitle: 'PATIENTS', outcome: 'stored', group: { groupBy: '0010,0020', key: 'P1', timeoutSeconds: 600 }, jobs: [{ priority: 'higher' }] },
    { aeTitle: 'STUDIES', outcome: 'stored', status: '0000', group: { groupBy: '0020,000D', key: '1.2' }, jobs: [{ pipeline: 'ct', pipelineId: id, jobName: expect.stringMatching(/^studies-ct-\d{14}$/) as string, payloadName: '/input/dcm/P1/1.2/1.2.3/1.2.3.1.dcm' }] },
  ]);
  const to = ['--to', 'STUDIES', '--from', 'DCM4CHEE'];
  expect(await outcome(good, '--to', 'STUDIES', '--from', 'OTHER@127.0.0.1')).toEqual(['rejected', expect.stringMatching(/no source has the AE title OTHER.*calling AE title not recognized/)]);
  expect(await outcome(good, '--to', 'STUDIES', '--from', 'DCM4CHEE@10.0.0.9')).toEqual(['rejected', expect.stringContaining('registered with 127.0.0.1, and this is 10.0.0.9')]);
  expect(await outcome(good, '--to', 'NOBODY', '--from', 'DCM4CHEE')).toEqual(['rejected', expect.stringContaining('called AE title not recognized')]);
  expect(await outcome(fileOf(home, 'a.dcm', '1.2.3.2', { patient: null }), ...to)).toEqual(['failed', expect.stringContaining('0010,0020 is missing')]);
  expect(await outcome(fileOf(home, 'b.dcm', '1.2.3.2', { study: '' }), ...to)).toEqual(['failed', expect.stringContaining('0020,000D is missing, or empty')]);
  expect(await outcome(fileOf(home, 'c.dcm', '1.2.3.2', { sopClass: '1.2.840.10008.5.1.4.1.1.7' }), ...to)).toEqual(['discarded', expect.stringContaining('ignoredSopClasses')]);
  expect(await outcome(fileOf(home, 'd.dcm', '1.2.3.2', { sopClass: '1.2.840.10008.1.3.10' }), ...to)).toEqual(['refused', expect.stringContaining('no SOP class of storage')]);

  for (const calledAe of ['STUDIES', 'PATIENTS']) expect(await send(Number(port), [instance('1.2.3.1')], { calledAe, callingAe: 'DCM4CHEE' })).toEqual([0]);
  expect(await explain(good)).toMatchObject([{ outcome: 'stored' }, { outcome: 'replaced' }, { outcome: 'duplicate', group: { joins: { instances: 1, closesInMs: expect.any(Number) as number } } }]);
  const { stdout } = await call('explain', good, '--to', 'STUDIES');
  expect(stdout).toContain(`FILE:     ${good}\nCLASS:    1.2.840.10008.5.1.4.1.1.2 (CT Image Storage)\n`);
  expect(stdout).toMatch(/^ANSWER: +not stored again \(status 0000H\)$/m);
  expect(stdout).toMatch(/^GROUP: +study 1\.2 \(0020,000D\), open since .*Z with 1 instance$/m);
  expect(stdout).toMatch(/^CLOSES: +when nothing more has come for 600 s; as it is now, in /m);
  expect(await call('explain', join(home, 'absent.dcm'))).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('does not exist') as string });
  writeFileSync(join(home, 'none.dcm'), 'x');
  expect(await call('explain', join(home, 'none.dcm'))).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no DICOM file') as string });
});

test('a full disk is told, and so is a file that nobody may send', async () => {
  const { home, call, settings, start } = adapterPlace();
  settings(`${settingsFor({ one: id }, { timeout: 600 }).replace('reserve-space-gb: 0', 'reserve-space-gb: 1000000').replace('    reject-unknown-sources: false\n', '')}`);
  await start();
  const { stdout } = await call('explain', fileOf(home, 'x.dcm', '1.1'));
  expect(stdout).toMatch(/^FROM: +nobody yet/m);
  expect(stdout).toMatch(/^ANSWER: +NOT ACCEPTED: the association is rejected\nWHY: +the disk is too full \(no reason given; permanently, by its application\)$/m);
  expect((await call('status')).stdout).toMatch(/^DISK: .*: NOTHING IS RECEIVED until there is more room$/m);
});

test('why there is a job: rule, group, senders and instances; and the same for a submission that was given up, until a retry', async () => {
  const { ask, env, createPipeline, layDown, startAdapter, ended } = await dicomPlace();
  const good = await createPipeline(shellOperators({ count: 'ls /input > /output/count' }));
  layDown(settingsFor({ good, bad: '1'.repeat(32) }, { timeout: 1, more: 'services: { platform: { max-retries: 0, retry-delay-seconds: 0 } }' }));
  const { port } = await startAdapter();
  expect(await send(Number(port), [instance('1.1'), instance('1.2')], { callingAe: 'FIRST' })).toEqual([0, 0]);
  expect(await send(Number(port), [instance('1.3')], { callingAe: 'SECOND' })).toEqual([0]);
  const [job] = await ended(1);
  const explained = JSON.parse(await ask(['dicom', 'explain', job!.jobId.slice(0, 10), '-o', 'json'])) as Record<string, unknown>;
  expect(explained).toMatchObject({
    submission: { jobId: job!.jobId, jobName: job!.jobName, state: 'completed', priority: 'normal' },
    rule: { aeTitle: 'CLARA', pipeline: 'good', pipelineId: good, groupBy: '0020,000D', timeoutSeconds: 1 },
    group: { key: '1.2', instances: 3, closedBy: 'nothing more came for 1 s' },
    senders: [{ aeTitle: 'FIRST', host: '127.0.0.1', instances: 2 }, { aeTitle: 'SECOND', instances: 1 }],
    instances: [{ sopInstance: '1.1', payloadName: 'dcm/P1/1.2/1.2.3/1.1.dcm', from: 'FIRST' }, { sopInstance: '1.2' }, { sopInstance: '1.3' }],
    siblings: [{ pipeline: 'bad' }],
  });
  expect(await ask(['dicom', 'explain', job!.jobName])).toMatch(/^CLOSED: +\d{4}.*Z: nothing more came for 1 s$/m);

  const status = await eventually(async () => {
    const found = JSON.parse(await ask(['dicom', 'status', '-o', 'json'])) as { submissions: { counts: { faulted: number }; pending: { id: string; state: string; error: string }[] } };
    return found.submissions.counts.faulted === 1 && found;
  });
  const [faulted] = status.submissions.pending;
  expect(faulted).toMatchObject({ state: 'faulted' });
  const text = await ask(['dicom', 'explain', faulted!.id.slice(0, 8)]);
  expect(text).toMatch(/^JOB: +none yet$/m);
  expect(text).toMatch(/^STATE: +given up; `clara dicom retry` begins anew$/m);
  expect(text).toContain(faulted!.error);
  expect(await ask(['dicom', 'status'])).toMatch(/^[0-9a-f]{8} +clara-bad-\d{14} +faulted +clara dicom retry +\S/m);
  expect(await ask(['dicom', 'retry', '-o', 'name'])).toBe(`submission/${faulted!.id}\n`);
  const refused = async (...args: readonly string[]) => {
    const { exitCode, stderr } = await clara(['dicom', ...args], { env });
    return [exitCode, stderr];
  };
  expect(await refused('retry', job!.jobId)).toEqual([2, expect.stringContaining('was not given up')]);
  expect(await refused('explain', 'fffffffffffff')).toEqual([4, expect.stringContaining('there is no file')]);
  expect(await refused('explain', job!.jobId, '--to', 'x')).toEqual([2, expect.stringContaining('--from and --to are about a file')]);
});

test('what was given up because the platform had no room becomes a job with a retry', async () => {
  const { home, ask, createPipeline, layDown, startAdapter, ended } = await dicomPlace();
  const mostPercent = async (percent: number) => {
    mkdirSync(join(home, 'charts', 'clara'), { recursive: true });
    writeFileSync(join(home, 'charts', 'clara', 'values.yaml'), `maxStorageUsagePercentage: ${percent}\n`);
    await ask(['platform', 'restart']);
  };
  const pipeline = await createPipeline(shellOperators({ count: 'find /input -type f > /output/count' }));
  await mostPercent(1);
  layDown(settingsFor({ one: pipeline }, { timeout: 1, more: 'services: { platform: { max-retries: 0, retry-delay-seconds: 0 } }' }));
  const { port } = await startAdapter();
  await send(Number(port), [instance('1.1')]);
  await eventually(async () => (await ask(['dicom', 'status'])).includes('1 given up'));
  await mostPercent(100);
  await ask(['dicom', 'retry']);
  expect(await ended(1)).toMatchObject([{ status: 'JOB_STATUS_HEALTHY', metadata: { Instances: '1' } }]);
  expect(await ask(['dicom', 'status'])).toContain('0 to submit, 1 submitted, 0 given up');
});
