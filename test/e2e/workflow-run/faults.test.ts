import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { testNamespace, type TestNamespace } from '../../helpers/cluster.ts';
import { until } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { run, type Finished } from '../../helpers/run.ts';
import { scriptProject, succeeded, valuesFile, type Scripts, type TestProject } from '../../helpers/workflow.ts';

// A cluster on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });

const noCluster = missing('docker') || missing('cluster');
const container = (stage: string) => `charts/clara-workflow/templates/stages/${stage}/container.yaml`;

interface Fault {
  readonly scripts: Scripts;
  readonly image?: string;
  /** Breaks the project. */
  readonly change?: (project: TestProject) => void;
  readonly flags?: readonly string[];
  readonly exitCode: number;
  /** Of stderr. */
  readonly says: readonly RegExp[];
}

const idle = 'true';

test.skipIf(noCluster).each<[string, Fault]>([
  ['a stage that fails is named, with its last lines', {
    scripts: { one: 'echo so far; echo trouble; exit 3', two: 'sleep 600' }, exitCode: 6,
    says: [/^error: the stage one failed \(exit code 3\)$/m, /^the last lines of one:\n {2}so far\n {2}trouble$/m],
  }],
  ['a command that does not exist', {
    scripts: { one: idle }, change: (project) => project.edit(valuesFile, '"sh"', '"no-such-program"'), exitCode: 6, says: [/^error: .*one.*no-such-program/m],
  }],
  ['an image that cannot be pulled', {
    scripts: { one: idle }, image: 'registry.invalid/nobody/nothing:1', exitCode: 6,
    says: [/^error: the image registry\.invalid\/nobody\/nothing:1 of one cannot be had \(.+\)$/m, /^hint: .*build:/m],
  }],
  ['a pod that no node can take', {
    scripts: { one: idle }, flags: ['--timeout', '45'], exitCode: 3,
    change: (project) => project.edit(container('one'), '  imagePullPolicy: IfNotPresent\n', '  imagePullPolicy: IfNotPresent\n  resources: { requests: { cpu: 5000 } }\n'),
    says: [/^error: the job is not done within 45\.0s: no node of the cluster can take the job \(.*Insufficient cpu/m],
  }],
  ['a claim that no volume fits', {
    scripts: { one: idle }, flags: ['--timeout', '10'], exitCode: 3,
    change: (project) => project.edit('charts/clara-workflow/templates/volume.yaml', 'storage: {{ .Values.workflow.payloads.storage }}', 'storage: 1Mi'),
    says: [/^error: the job is not done within 10\.0s: the payload volume cannot be had: the claim pv-clara-payload-volume-claim-\S+ gets no volume$/m],
  }],
  ['a stage that never writes its lock', {
    scripts: {
      one: 'echo I forgot',
      two: 'n=0; until [ -e $NVIDIA_CLARA_LOCKDIR/$NVIDIA_CLARA_WAITNAME ]; do n=$((n+1)); [ $n -le $NVIDIA_CLARA_TIMEOUT ] || { echo "no $NVIDIA_CLARA_WAITNAME"; exit 9; }; sleep 1; done',
    },
    change: (project) => project.write(valuesFile, project.read(valuesFile).replaceAll('timeout: "300"', 'timeout: "2"')), exitCode: 6,
    says: [/^error: the stage two failed \(exit code 9\)$/m, /^ {2}no one\.lock$/m],
  }],
  ['a stage that does not end', {
    scripts: { one: 'echo hanging; sleep 3600' }, flags: ['--timeout', '40'], exitCode: 3,
    says: [/^error: the job is not done within 40\.0s: one is running$/m, /^ {2}hanging$/m, /^hint: give it more time with --timeout/m],
  }],
])('%s; nothing is left', async (_, { scripts, image, change, flags = [], exitCode, says }) => {
  const namespace = testNamespace();
  const job = randomUUID();
  const project = await scriptProject(scripts, job, image);
  change?.(project);
  const result = await project.wf(['test', 'w', job, '--namespace', namespace.name, ...flags]);
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode });
  for (const text of says) expect(result.stderr).toMatch(text);
  expect(result.stderr.match(/^error:/gm)).toHaveLength(1);
  expect(namespace.installed()).toEqual([]);
});

const running = (project: TestProject, job: string) => existsSync(join(project.folder, 'test-data', job, 'one/output/begun'));
const hanging: Scripts = { one: 'touch /app/output/begun; echo hanging; sleep 3600' };

/** Runs a test whose stage hangs, does something once it runs, and waits for the end. */
async function whileRunning(namespace: TestNamespace, does: (stop: () => void) => Promise<void> | void): Promise<Finished> {
  const job = randomUUID();
  const project = await scriptProject(hanging, job);
  let acting: Promise<void> | undefined;
  const result = await project.wf(['test', 'w', job, '--namespace', namespace.name], {
    onSpawn: (child) => { acting = until(() => running(project, job), 60).then(() => does(() => void child.kill('SIGINT'))); },
  });
  await acting;
  return result;
}

test.skipIf(noCluster)('a stage that is killed is told to be so; nothing is left', async () => {
  const namespace = testNamespace();
  const result = await whileRunning(namespace, async () => {
    const labels = [`io.kubernetes.pod.namespace=${namespace.name}`, 'io.kubernetes.container.name=one'].flatMap((label) => ['--filter', `label=${label}`]);
    const { stdout } = succeeded(await run('docker', ['ps', '--quiet', ...labels]));
    succeeded(await run('docker', ['kill', stdout.trim()]));
  });
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 6 });
  expect(result.stderr).toMatch(/^error: the stage one failed \(it was killed\)$/m);
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(noCluster)('Ctrl-C removes what was installed', async () => {
  const namespace = testNamespace();
  const result = await whileRunning(namespace, (stop) => stop());
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('release "test-wf" uninstalled') as string });
  expect(result.stderr).toContain('interrupted; removing what was installed');
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(noCluster)('Ctrl-C while helm installs, too', async () => {
  const namespace = testNamespace();
  const job = randomUUID();
  const project = await scriptProject(hanging, job);
  // Helm waits for the claim, which never gets this volume.
  project.edit('charts/clara-workflow/templates/volume.yaml', 'storage: {{ .Values.workflow.payloads.storage }}', 'storage: 1Mi');
  const result = await project.wf(['test', 'w', job, '--namespace', namespace.name], {
    onSpawn: (child) => void until(() => namespace.installed().some((name) => name.startsWith('persistentvolumeclaim/')), 60).then(() => child.kill('SIGINT')),
  });
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 130 });
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(noCluster)('a job that somebody else removes is told to be so', async () => {
  const namespace = testNamespace();
  const result = await whileRunning(namespace, () => void namespace.kubectl('delete', 'job', 'test-wf-clara-workflow', '--wait=false'));
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 6 });
  expect(result.stderr).toMatch(/^error: the job is gone: somebody else removed it$/m);
  expect(namespace.installed()).toEqual([]);
});
