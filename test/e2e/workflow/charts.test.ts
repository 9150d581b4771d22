import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { missing } from '../../helpers/require.ts';
import { run } from '../../helpers/run.ts';
import { newProject, type TestProject } from './project.ts';

const jobId = '11111111-1111-1111-1111-111111111111';
/** As `clara-wf test` installs it (Clara Pipeline Generation Guide), the DICOM Adapter apart. */
const settings = ['runSimple=TRUE', `job.id=${jobId}`, 'job.name=Test Job', 'trtisUri=10.0.0.7:8000', 'workflow.payloads.hostPath=/data/wörk flows'];

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly imagePullPolicy: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly spec: any;
}

async function render({ folder }: TestProject, chart: string, set: readonly string[], release = 'test-wf'): Promise<readonly Manifest[]> {
  const { exitCode, stdout, stderr } = await run('helm', ['template', release, join(folder, 'charts', chart), '--kube-version', '1.20.0', ...set.flatMap((each) => ['--set-string', each])]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest | null).filter((each) => each !== null);
}

const mountsOf = (container: Container) => container.volumeMounts.map(({ name, mountPath, subPath }) => [name, mountPath, subPath]);

describe.skipIf(missing('helm'))('the charts on helm 3', () => {
  test('have nothing that helm lint complains of', async () => {
    const { folder } = newProject();
    const { exitCode, stdout } = await run('helm', ['lint', '--strict', join(folder, 'charts/clara-workflow'), join(folder, 'charts/trtis')]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('2 chart(s) linted, 0 chart(s) failed') as string });
  });

  test('clara-workflow: names and kinds of the guide, for the reference workflow', async () => {
    const manifests = await render(newProject(), 'clara-workflow', [...settings, 'dicomAdapter.input=', 'dicomAdapter.output=']);
    const find = (kind: string) => manifests.find((manifest) => manifest.kind === kind)!;
    expect(find('PersistentVolume')).toMatchObject({
      metadata: { name: `pv-clara-payload-volume-${jobId}` },
      spec: { storageClassName: `pv-clara-payload-${jobId}`, capacity: { storage: '20Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', hostPath: { path: `/data/wörk flows/${jobId}` } },
    });
    expect(find('PersistentVolumeClaim')).toMatchObject({ metadata: { name: `pv-clara-payload-volume-claim-${jobId}` }, spec: { storageClassName: `pv-clara-payload-${jobId}`, resources: { requests: { storage: '20Gi' } } } });
    const job = find('Job');
    expect(job).toMatchObject({ apiVersion: 'batch/v1', metadata: { name: 'test-wf-clara-workflow' }, spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', imagePullSecrets: [{ name: 'nvcr.io' }], volumes: [{ name: 'clara-payload-volume', persistentVolumeClaim: { claimName: `pv-clara-payload-volume-claim-${jobId}` } }] } } } });
    const containers = job.spec.template.spec.containers as readonly Container[];
    expect(containers).toEqual([{
      name: 'ai-vnet', image: 'ai-vnet:latest', imagePullPolicy: 'IfNotPresent',
      env: Object.entries({
        STAGENAME: 'ai-vnet', RUNSIMPLE: 'TRUE', TRTISURI: '10.0.0.7:8000', APPDIR: '/app', INPUTLOCK: '/app/locks/input.lock', INPUTS: 'input/recon.mhd', JOBID: jobId, JOBNAME: 'Test Job', LOGNAME: '/app/logs/ai-vnet.log',
        LOCKDIR: '/app/locks', LOCKNAME: 'ai-vnet.lock', OUTPUTS: 'output/recon.seg.mhd', TIMEOUT: '300', WAITNAME: '',
      }).map(([name, value]) => ({ name: `NVIDIA_CLARA_${name}`, value })),
      volumeMounts: [
        { name: 'clara-payload-volume', mountPath: '/app/input', subPath: 'ai-vnet/input' }, { name: 'clara-payload-volume', mountPath: '/app/output', subPath: 'ai-vnet/output' },
        { name: 'clara-payload-volume', mountPath: '/app/locks', subPath: 'locks' }, { name: 'clara-payload-volume', mountPath: 'payloads' },
      ],
    }]);
  });

  test('the workflow ct: locks, and the mounts of first, middle and last stage with and without the DICOM Adapter', async () => {
    const project = newProject('p');
    for (const name of ['dicom-reader', 'recon', 'dicom-writer']) expect(await project.wf('cs', name)).toMatchObject({ exitCode: 0 });
    const containersOf = async (...set: string[]) => (await render(project, 'clara-workflow', [...settings, 'workflow.id=ct', ...set])).find(({ kind }) => kind === 'Job')!.spec.template.spec.containers as readonly Container[];
    const plain = await containersOf('dicomAdapter.input=', 'dicomAdapter.output=');
    expect(plain.map(({ name, env }) => [name, env.find((each) => each.name === 'NVIDIA_CLARA_WAITNAME')!.value, env.find((each) => each.name === 'NVIDIA_CLARA_LOCKNAME')!.value])).toEqual([
      ['dicom-reader', '', 'dicom-reader.lock'], ['recon', 'dicom-reader.lock', 'recon.lock'], ['ai-vnet', 'recon.lock', 'ai-vnet.lock'], ['dicom-writer', 'ai-vnet.lock', 'dicom-writer.lock'],
    ]);
    const inOut = (containers: readonly Container[]) => containers.map((container) => mountsOf(container).slice(0, 2).map(([, , subPath]) => subPath));
    expect(inOut(plain)).toEqual([['dicom-reader/input', 'dicom-reader/output'], ['dicom-reader/output', 'recon/output'], ['recon/output', 'ai-vnet/output'], ['ai-vnet/output', 'dicom-writer/output']]);
    // The defaults of values.yaml.
    expect(inOut(await containersOf())).toEqual([['dicom-server', 'dicom-reader/output'], ['dicom-reader/output', 'recon/output'], ['recon/output', 'ai-vnet/output'], ['ai-vnet/output', 'output']]);
    expect(inOut(await containersOf('dicomAdapter.output='))[3]).toEqual(['ai-vnet/output', 'dicom-writer/output']);
    expect(plain.every((container) => mountsOf(container).slice(2).map(([, path]) => path).join() === '/app/locks,payloads')).toBe(true);
  });

  test('commands and arguments of several words, with quotes, blanks and colons, arrive as they are', async () => {
    const project = newProject('p');
    const words = ['a b', '"quoted"', "it's", 'x: y', '- z', '', '$(HOME)', 'ü', '<&>', '{{ no }}', '#', 'back\\slash'];
    expect(await project.wf('cs', 'echo', ...words.map((word) => `--command=${word}`))).toMatchObject({ exitCode: 0 });
    expect(await project.wf('cw', 'e', 'echo', ...words.map((word) => `--arg=echo=${word}`))).toMatchObject({ exitCode: 0 });
    const job = (await render(project, 'clara-workflow', [...settings, 'workflow.id=e'])).find(({ kind }) => kind === 'Job')!;
    expect(job.spec.template.spec.containers[0]).toMatchObject({ command: words, args: words });
    expect((JSON.parse((await project.wf('lw', '-o', 'json')).stdout) as { args: unknown }[]).at(-1)!.args).toEqual([words]);
  });

  test.each([
    ['workflow.id=nope', 'workflow.id: there is no workflow "nope" (there are: ai, ai-only, ct, dicom-reader-only, dicom-writer-only, recon-only)'],
    ['workflow.id=ct', 'the workflow "ct" has a stage "dicom-reader", which does not exist'],
    ['job.id=5', 'job.id: "5" is not a UUID'],
  ])('%s is refused by the chart itself', async (set, message) => {
    const { folder } = newProject('p');
    const { exitCode, stderr } = await run('helm', ['template', 'x', join(folder, 'charts/clara-workflow'), '--set-string', set]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(message) as string });
  });

  test('lists that do not fit together are refused by the chart, too', async () => {
    const project = newProject('p');
    writeFileSync(project.values, readFileSync(project.values, 'utf8').replace('    ioFolders:\n      - ai-vnet/input\n', '    ioFolders:\n'));
    expect((await run('helm', ['template', 'x', join(project.folder, 'charts/clara-workflow')])).stderr).toContain('the workflow "ai-only" has 1 stages and 1 ioFolders; there must be one more');
  });

  test('trtis: service, deployment, labels; GPUs and models are values', async () => {
    const project = newProject('p');
    const [service, deployment] = await render(project, 'trtis', [], 'trtis');
    expect(service).toMatchObject({ kind: 'Service', metadata: { name: 'trtis' }, spec: { type: 'ClusterIP', selector: { 'app.kubernetes.io/name': 'trtis', 'app.kubernetes.io/instance': 'trtis' } } });
    expect(service!.spec.ports.map(({ port, protocol }: { port: number; protocol: string }) => [port, protocol])).toEqual([[8000, 'TCP'], [8001, 'TCP'], [8002, 'TCP']]);
    expect(deployment).toMatchObject({ kind: 'Deployment', metadata: { name: 'trtis' }, spec: { replicas: 1, template: { metadata: { labels: { 'app.kubernetes.io/name': 'trtis', 'app.kubernetes.io/instance': 'trtis' } } } } });
    expect(deployment!.spec.template.spec.containers[0].resources).toEqual({ limits: { 'nvidia.com/gpu': 1 } });
    expect(deployment!.spec.template.spec.volumes).toEqual([{ name: 'models', emptyDir: {} }]);
    const set = await render(project, 'trtis', ['gpus=0', 'models.hostPath=/my models', 'image.repository=triton', 'image.tag=1'], 'other');
    expect(set[0]!.metadata.name).toBe('other-trtis');
    expect(set[1]!.spec.template.spec.containers[0]).toMatchObject({ image: 'triton:1', resources: {} });
    expect(set[1]!.spec.template.spec.volumes).toEqual([{ name: 'models', hostPath: { path: '/my models', type: 'Directory' } }]);
  });
});
