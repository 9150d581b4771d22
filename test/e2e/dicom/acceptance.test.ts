import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/adapter.ts';
import { freePort, startPeer, type Peer } from '../../helpers/dicom-net.ts';
import { dicomPlace, type DicomPlace, type ListedTask } from '../../helpers/dicom-place.ts';
import { startOrthanc } from '../../helpers/orthanc.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, root, run, tempDir } from '../../helpers/run.ts';

/** Registers what has come in, as it is. */
const passThrough = JSON.stringify({
  'api-version': '0.4.0', name: 'pass-through',
  operators: [
    { name: 'copy', container: { image: 'host', command: ['/bin/sh', '-c', 'cp -r /input/. /output'] }, input: [{ path: '/input' }], output: [{ path: '/output' }] },
    { name: 'register-results', container: { image: 'clara/register-results', command: ['--agent', 'ClaraSCU', '--data', '["MYPACS"]'] }, input: [{ from: 'copy', path: '/input' }] },
  ],
});

/** The images of the study, and who sends them. */
const [images, caller] = [28, 'DCM4CHEE'];
const ctHeadUids = {
  study: '1.2.826.0.1.3680043.9.4245.1760717064491086528325869788156915668', series: '1.2.826.0.1.3680043.9.4245.3115138630835728997848661150714813892',
};

interface Pacs {
  readonly aeTitle: string;
  readonly port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** How many objects it has. */
  count(): Promise<number>;
  /** The Study and Series Instance UIDs of what it has, each pair once. */
  series(): Promise<(readonly [study: string, series: string])[]>;
  /** What its series are of, each once. */
  modalities(): Promise<string[]>;
}

async function storescp(): Promise<Pacs> {
  const [folder, port] = [tempDir(), await freePort()];
  const out = join(folder, 'out');
  mkdirSync(out);
  let peer: Peer | undefined;
  return {
    aeTitle: 'MYPACS', port,
    start: async () => { peer = await startPeer('storescp', ['-v', '--fork', '-aet', 'MYPACS', '-od', out, String(port)], port, folder); },
    stop: async () => peer?.stop(),
    count: async () => readdirSync(out).length,
    series: async () => {
      // With the path of each element: those of sequences are others.
      const dump = await run('dcmdump', ['+sd', '+p', '+P', '0020,000d', '+P', '0020,000e', out]);
      const uids = [...dump.stdout.matchAll(/^\(0020,000[de]\) UI \[([\d.]+)\]/gm)].map(([, uid]) => uid!);
      const pairs = uids.flatMap((uid, index) => (index % 2 === 0 ? [[uid, uids[index + 1]!] as const] : []));
      return [...new Map(pairs.map((pair) => [pair.join(), pair])).values()];
    },
    modalities: async () => [...new Set([...(await run('dcmdump', ['+sd', '+P', '0008,0060', out])).stdout.matchAll(/\[(\w+) *\]/g)].map(([, modality]) => modality!))],
  };
}

async function orthanc(): Promise<Pacs> {
  const peer = await startOrthanc();
  await peer.stop();
  return {
    aeTitle: 'ORTHANC', port: peer.dicomPort, start: () => peer.start(), stop: () => peer.stop(),
    count: async () => (await peer.get<unknown[]>('/instances')).length,
    series: async () => (await peer.get<Record<string, { readonly Value?: readonly string[] }>[]>('/dicom-web/series?includefield=0020000D'))
      .map((found) => [found['0020000D']!.Value![0]!, found['0020000E']!.Value![0]!] as const),
    modalities: async () => (await peer.get<{ readonly MainDicomTags: { readonly Modality: string } }[]>('/series?expand')).map(({ MainDicomTags }) => MainDicomTags.Modality),
  };
}

/** Sends the study as the guide does, and returns how many images were acknowledged. */
async function sendStudy(port: string): Promise<number> {
  const { exitCode, stdout, stderr } = await run('storescu', ['-v', '+sd', '+r', '-xb', '-aet', caller, '-aec', 'my-ae-title', '127.0.0.1', port, ctHead]);
  expect([exitCode, stderr]).toEqual([0, expect.anything()]);
  return (stdout + stderr).match(/Received Store Response \(Success\)/g)?.length ?? 0;
}

const finished = (place: DicomPlace, count: number) => eventually(async () => {
  const tasks = await place.tasks();
  return tasks.length === count && tasks.every(({ state }) => state === 'Succeeded' || state === 'Failed') && tasks;
}, 60);

async function configured(pacs: Pacs, pipeline: string) {
  const place = await dicomPlace();
  const { port } = await place.startAdapter();
  const id = await place.createPipeline(pipeline);
  await place.ask(['dicom', 'create', 'aetitle', '-a', 'my-ae-title', `pipeline-ct=${id}`]);
  await place.ask(['dicom', 'create', 'src', '-a', caller, '-i', '127.0.0.1']);
  await place.ask(['dicom', 'create', 'dest', '-n', 'MYPACS', '-a', pacs.aeTitle, '-i', '127.0.0.1', '-p', String(pacs.port)]);
  return { place, port };
}

describe.skipIf(missing('dcmtk') || missing('ct-head') || missing('orthanc')).each([['storescp', storescp], ['Orthanc', orthanc]])('from a sender to %s', (_name, makePacs) => {
  test('the acceptance script of the flow', async () => {
    const pacs = await makePacs();
    await pacs.start();
    const { place, port } = await configured(pacs, passThrough);

    const echo = (aet: string, aec: string) => run('echoscu', ['-aet', aet, '-aec', aec, '127.0.0.1', port]);
    expect(await echo(caller, 'my-ae-title')).toMatchObject({ exitCode: 0 });
    expect(await echo(caller, 'wrong')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Called AE Title Not Recognized') as string });
    expect(await echo('wrong', 'my-ae-title')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Calling AE Title Not Recognized') as string });

    expect(await sendStudy(port)).toBe(images);
    const [job, ...others] = await place.ended(1);
    expect(others).toEqual([]);
    expect(job).toMatchObject({ jobName: expect.stringMatching(/^my-ae-title-ct-\d{14}$/) as string, status: 'JOB_STATUS_HEALTHY', metadata: { Source: 'my-ae-title (AE Title Job Processor)', Instances: String(images) } });
    expect(await finished(place, 1)).toMatchObject([{ state: 'Succeeded', retries: 0, uris: { length: images } }]);
    expect(await pacs.count()).toBe(images);

    await pacs.stop();
    await sendStudy(port);
    await place.ended(2);
    const tasks = await finished(place, 2);
    expect(tasks.map(({ state, retries }) => [state, retries])).toContainEqual(['Failed', 3]);

    await pacs.start();
    await sendStudy(port);
    await place.ended(3);
    const states = (list: readonly ListedTask[]) => list.map(({ state }) => state).toSorted();
    expect(states(await finished(place, 3))).toEqual(['Failed', 'Succeeded', 'Succeeded']);
    expect(await pacs.count()).toBe(images);
  }, 240_000);

  test('the bone of a study arrives as a new series of that study', async () => {
    const pacs = await makePacs();
    await pacs.start();
    const { place, port } = await configured(pacs, readFileSync(join(root, 'templates/pipelines/ct-threshold-dicom.yaml'), 'utf8'));
    expect(await sendStudy(port)).toBe(images);
    expect(await place.ended(1)).toMatchObject([{ status: 'JOB_STATUS_HEALTHY' }]);
    const [task] = await finished(place, 1);
    expect(task).toMatchObject({ state: 'Succeeded' });
    expect(await pacs.count()).toBe(task!.uris.length);
    expect(await pacs.series()).toEqual([[ctHeadUids.study, expect.not.stringContaining(ctHeadUids.series) as string]]);
  }, 120_000);

  test('the bone of a study arrives as a segmentation object of that study', async () => {
    const pacs = await makePacs();
    await pacs.start();
    const definition = readFileSync(join(root, 'templates/pipelines/ct-threshold-dicom.yaml'), 'utf8');
    expect(definition).toContain('result-type: series');
    const { place, port } = await configured(pacs, definition.replace('result-type: series', 'result-type: seg'));
    expect(await sendStudy(port)).toBe(images);
    expect(await place.ended(1)).toMatchObject([{ status: 'JOB_STATUS_HEALTHY' }]);
    const [task] = await finished(place, 1);
    expect(task).toMatchObject({ state: 'Succeeded', uris: { length: 1 } });
    expect(await pacs.count()).toBe(1);
    expect(await pacs.series()).toEqual([[ctHeadUids.study, expect.not.stringContaining(ctHeadUids.series) as string]]);
    expect(await pacs.modalities()).toEqual(['SEG']);
  }, 120_000);
});
