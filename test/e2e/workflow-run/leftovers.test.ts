import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { testNamespace } from '../../helpers/cluster.ts';
import { until } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { root, run } from '../../helpers/run.ts';
import { onTerminal } from '../../helpers/terminal.ts';
import { scriptProject, succeeded } from '../../helpers/workflow.ts';

// A cluster on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });

const noCluster = missing('docker') || missing('cluster');
const scripts = { one: 'cp /app/input/a /app/output/a' };

test.skipIf(noCluster)('--keep leaves everything and says how to remove it; the next test asks, or replaces it', async () => {
  const namespace = testNamespace();
  const job = randomUUID();
  const { wf, folder } = await scriptProject(scripts, job);
  const flags = ['--namespace', namespace.name];
  const kept = succeeded(await wf(['test', 'w', job, ...flags, '--keep']));
  expect(kept.stderr).toContain(`kept; remove it with: helm uninstall test-wf --namespace ${namespace.name}`);
  expect(kept.stdout).not.toContain('uninstalled');
  expect(namespace.installed()).toContain('release/test-wf');

  const refused = await wf(['test', 'w', job, ...flags]);
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^error: the release test-wf is in the namespace .* already \(deployed\): .*\nhint: remove it with --replace, or with: helm uninstall test-wf/m);
  expect(namespace.installed()).toContain('release/test-wf');

  const asked = onTerminal(process.execPath, [`${root}/bin/clara-wf`, '-C', folder, 'test', 'w', job, ...flags], {});
  await asked.shows('Replace it?');
  asked.type('\x1b[B\r');
  expect(await asked.exitCode).toBe(130);
  expect(namespace.installed()).toContain('release/test-wf');

  const other = await scriptProject(scripts, job);
  const elsewhere = testNamespace();
  const taken = await other.wf(['test', 'w', job, '-n', elsewhere.name]);
  expect(taken).toMatchObject({ exitCode: 1, stdout: '' });
  expect(taken.stderr).toMatch(new RegExp(`^error: the job ${job} has a volume in this cluster already \\(pv-clara-payload-volume-${job}, of a test in the namespace ${namespace.name}\\)\\nhint: use another job id`, 'm'));
  expect(elsewhere.installed()).toEqual([]);
  expect(namespace.installed()).toContain(`persistentvolume/pv-clara-payload-volume-${job}`);

  const replaced = succeeded(await wf(['test', 'w', job, ...flags, '--replace']));
  expect(replaced.stdout).toContain('release "test-wf" uninstalled');
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(noCluster)('a run that was killed leaves a release, which --replace takes away', async () => {
  const namespace = testNamespace();
  const job = randomUUID();
  const project = await scriptProject({ one: 'sleep 3600' }, job);
  const killed = await project.wf(['test', 'w', job, '-n', namespace.name], {
    onSpawn: (child) => void until(() => namespace.installed().some((name) => name.startsWith('pod/')), 60).then(() => child.kill('SIGKILL')),
  });
  expect(killed.signal).toBe('SIGKILL');
  expect(namespace.installed()).toContain('release/test-wf');
  const second = await scriptProject(scripts, job);
  succeeded(await second.wf(['test', 'w', job, '-n', namespace.name, '--replace']));
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(missing('docker'))('containers that a killed run has left are told, and replaced', async () => {
  const job = randomUUID();
  const name = `clara-wf-${job}-one`;
  const { wf } = await scriptProject(scripts, job);
  succeeded(await run('docker', ['create', '--name', name, '--label', `clara.workflow.job=${job}`, 'busybox:local', 'true']));
  const refused = await wf(['test', 'w', job, '--docker']);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`hint: remove them with --replace, or with: docker rm --force ${name}`) as string });
  succeeded(await wf(['test', 'w', job, '--docker', '--replace']));
  expect(succeeded(await run('docker', ['ps', '-aq', '--filter', `name=${name}`])).stdout).toBe('');
});
