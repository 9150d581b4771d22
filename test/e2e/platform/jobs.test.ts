import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Connection } from '../../../src/api/client.ts';
import { JobsService, PipelinesService } from '../../../src/api/services.ts';
import { processIdentity } from '../../../src/system/process-identity.ts';
import { missing } from '../../helpers/require.ts';
import { root } from '../../helpers/run.ts';
import { keys, onTerminal } from '../../helpers/terminal.ts';
import { endpointOf, home, type Home } from './local.ts';

const sleeper = `api-version: 0.4.0
name: sleeper
operators:
- name: sleep
  container:
    image: host
    command: ["/bin/sleep", "600"]
`;

/** Starts a platform in which one job of ten minutes is running; returns the process of its operator. */
async function withRunningJob(it: Home): Promise<{ operator: number; jobId: string; connection: Connection }> {
  const started = await it.platform(['start', '--port', '0', '--timeout-grace', '2']);
  const connection = new Connection({ target: endpointOf(started) });
  onTestFinished(() => connection.close());
  const pipeline = await connection.service(PipelinesService).create([{ definition: { path: 'sleeper.yaml', content: sleeper } }]);
  const jobs = connection.service(JobsService);
  const { jobId } = await jobs.create({ name: 'sleeping', pipelineId: pipeline.pipelineId });
  await jobs.start({ jobId });
  const job = jobId!.value;
  const operator = await vi.waitFor(() => {
    const found = sleepers(join(it.folder, 'platform'));
    expect(found).toHaveLength(1);
    return found[0]!;
  }, { timeout: 20_000 });
  return { operator, jobId: job, connection };
}

/** Processes that sleep for a job of this home: their folder or the environment names it. */
function sleepers(platform: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '/bin/sleep\x00600\x00') return false;
      return ancestry(pid).some((line) => line.includes(platform));
    } catch {
      return false;
    }
  });
}

/** Command lines and working folders of a process and those above it. */
function ancestry(pid: number): string[] {
  const lines: string[] = [];
  for (let at = pid; at > 1;) {
    lines.push(readFileSync(`/proc/${at}/cmdline`, 'utf8'), readFileSync(`/proc/${at}/environ`, 'utf8'));
    at = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${at}/status`, 'utf8'))![1]);
  }
  return lines;
}

test.skipIf(missing('bwrap'))('stop asks where a job is running, and without a terminal names the flag', async () => {
  const it = home();
  const { operator } = await withRunningJob(it);
  expect((await it.platform(['status'])).stdout).toMatch(/^JOBS: +1 running, 0 pending$/m);
  const refused = await it.platform(['stop']);
  expect(refused).toMatchObject({ exitCode: 2, stdout: '', stderr: 'error: `A job is running. Stop the platform?` cannot be asked (there is no terminal)\nhint: pass -y to answer with yes\n' });

  const ask = () => onTerminal(process.execPath, [join(root, 'bin/clara'), 'platform', 'stop'], { CLARA_HOME: it.folder });
  const no = ask();
  await no.shows('A job is running. Stop the platform?');
  no.type(keys.down);
  no.type(keys.enter);
  expect(await no.exitCode).toBe(0);
  expect(no.screen()).toMatch(/✔ No\s+nothing was stopped/);
  const interrupted = ask();
  await interrupted.shows('A job is running. Stop the platform?');
  interrupted.type(keys.ctrlC);
  expect(await interrupted.exitCode).toBe(130);
  expect(processIdentity(operator)).toBeDefined();

  const yes = ask();
  await yes.shows('A job is running. Stop the platform?');
  yes.type(keys.enter);
  expect(await yes.exitCode).toBe(0);
  expect(yes.screen()).toMatch(/✔ Yes\s+Stopping clara\.\.\.\s+clara is stopped/);
  expect(processIdentity(operator)).toBeUndefined();
});

test.skipIf(missing('bwrap'))('a restart leaves running operators alone and takes them up again', async () => {
  const it = home();
  const { operator, jobId } = await withRunningJob(it);
  const identity = processIdentity(operator);
  const restarted = await it.platform(['restart', '-y']);
  expect(restarted).toMatchObject({ exitCode: 0 });
  expect(processIdentity(operator)).toBe(identity);
  expect((await it.platform(['status'])).stdout).toMatch(/^JOBS: +1 running, 0 pending$/m);
  // It is the new server's: it can end it.
  const connection = new Connection({ target: endpointOf(restarted) });
  onTestFinished(() => connection.close());
  await connection.service(JobsService).cancel({ jobId: { value: jobId }, reason: 'enough' });
  await vi.waitFor(() => expect(processIdentity(operator)).toBeUndefined(), { timeout: 20_000 });
});

test('a server that does not answer any more can still be stopped', async () => {
  const it = home();
  await it.platform(['start', '--port', '0', '--timeout-grace', '1']);
  const { pid } = JSON.parse(readFileSync(join(it.folder, 'platform/server.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGSTOP');
  // Two seconds of patience instead of the thirty that follow the grace.
  writeFileSync(join(it.folder, 'platform/start.json'), JSON.stringify({ timeoutGrace: -28 }));
  const stopped = await it.platform(['stop', '-y']);
  expect(stopped).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('clara is stopped'), stderr: expect.stringContaining('was killed') });
  expect(processIdentity(pid)).toBeUndefined();
});
