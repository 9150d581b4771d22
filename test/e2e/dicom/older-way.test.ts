import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instance, send } from '../../helpers/adapter.ts';
import { dicomPlace } from '../../helpers/dicom-place.ts';
import { clara } from '../../helpers/run.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';
import { adapterPlace } from './place.ts';

test('the older way: the first start lays dicom-server-config.yaml, it is edited, and holds from the next start', async () => {
  const { home, env, ask, createPipeline, ended } = await dicomPlace();
  const pipeline = await createPipeline(shellOperators({ count: 'ls /input > /output/count' }));
  const file = join(home, 'charts/dicom-adapter/files/dicom-server-config.yaml');
  const start = ['dicom', 'start', '--port', '0', '--rest-port', '0'];
  const first = await clara(start, { env });
  expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`SETTINGS: ${file}\n`) as string, stderr: expect.stringMatching(/settings to edit are in .*dicom-server-config\.yaml[^]*nobody may send yet/) as string });
  expect(readFileSync(file, 'utf8')).toBe(readFileSync('templates/charts/dicom-adapter/files/dicom-server-config.yaml', 'utf8'));
  await ask(['dicom', 'stop']);

  // As the guide says it: four places.
  const edited = readFileSync(file, 'utf8').replace('ae-titles: []', 'ae-titles:\n      - ae-title: my-ae-title').replace('sources: []', 'sources:\n      - host-ip: 127.0.0.1\n        ae-title: DCM4CHEE')
    .replace('destinations: []', 'destinations:\n      - name: MYPACS\n        host-ip: 127.0.0.1\n        port: 1004\n        ae-title: MYPACS').replace('pipeline-mappings: []', `pipeline-mappings:\n  - name: my-ae-title\n    clara-ae-title: my-ae-title\n    pipeline-id: ${pipeline}\nstorage: { watermark-percent: 100, reserve-space-gb: 0 }`);
  writeFileSync(file, edited);
  const second = await clara([...start, '-o', 'json'], { env });
  expect(second).toMatchObject({ exitCode: 0, stderr: '' });
  const { dicom, aeTitles } = JSON.parse(second.stdout) as { dicom: string; aeTitles: string[] };
  expect(aeTitles).toEqual(['my-ae-title']);
  expect(JSON.parse(await ask(['dicom', 'list', 'dest', '-o', 'json']))).toEqual([{ name: 'MYPACS', aeTitle: 'MYPACS', hostIp: '127.0.0.1', port: 1004 }]);
  await expect(send(Number(dicom.split(':')[1]), [instance('1.1')], { calledAe: 'my-ae-title', callingAe: 'OTHER' })).rejects.toThrow(/calling AE title not recognized/);
  // Without a time-out the job begins when the association ends.
  expect(await send(Number(dicom.split(':')[1]), [instance('1.1'), instance('1.2', { study: '7.7' })], { calledAe: 'my-ae-title', callingAe: 'DCM4CHEE' })).toEqual([0, 0]);
  expect(await ended(1)).toMatchObject([{ jobName: expect.stringMatching(/^my-ae-title-my-ae-title-\d{14}$/) as string, status: 'JOB_STATUS_HEALTHY', metadata: { Instances: '2' } }]);
  expect(await ask(['dicom', 'explain', (await ended(1))[0]!.jobId])).toMatch(/^GROUP: +the instances of one association$[^]*^CLOSED: .*: the association ended$/m);

  // What left the file has left the adapter, too; a newer template does not touch the file.
  writeFileSync(file, edited.replace(/destinations:\n[^]*?ae-title: MYPACS/, 'destinations: []'));
  await ask(['dicom', 'restart']);
  expect(await ask(['dicom', 'list', 'dest', '-o', 'json'])).toBe('[]\n');
  await ask(['pull', 'dicom', '-y']);
  expect(readFileSync(file, 'utf8')).toContain('ae-title: my-ae-title');
});

test('all that is wrong with a settings file is told at once by the command that starts, and nothing is started', async () => {
  const { home, call, settings } = adapterPlace();
  const file = settings('dicom:\n  scp:\n    prot: 104\n    max-associations: 0\n    ae-titles:\n      - ae-title: much-too-long-for-an-ae-title\n    sources: [{ ae-title: A }]\n');
  const { exitCode, stderr } = await call('start');
  expect([exitCode, stderr.split('\n').filter((line) => line.includes(file)).map((line) => line.trim().replace(`${file}:`, ''))]).toEqual([2, [
    `error: ${file} has 4 errors`,
    '3: warning: dicom>scp: unknown key `prot`; did you mean `port`?',
    '4: error: dicom>scp>max-associations: must be a whole number from 1 to 1000, not 0',
    "6: error: dicom>scp>ae-titles[0]: 'much-too-long-for-an-ae-title' is not a valid AE Title: it has 29 characters; 16 are allowed.",
    '6: error: dicom>scp>ae-titles[0]: No pipeline defined for AE Title much-too-long-for-an-ae-title; add one to `pipeline-mappings`',
    '7: error: dicom>scp>sources[0]: a source needs `host-ip`',
  ]]);
  expect(existsSync(join(home, 'dicom', 'dicom.db'))).toBe(false);
});
