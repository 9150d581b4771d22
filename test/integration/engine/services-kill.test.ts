import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { JobState, JobStatus, type JobsStatusResponse } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { serverHome, startServer, type TestServer } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { clients, register } from '../platform/helpers.ts';
import { until } from './harness.ts';

const without = missing('bwrap');
const withoutDocker = missing('docker') || missing('node-base');

/** Two operators, one behind the other, that ask the same service, which answers `hello`. */
function definition(marker: string, docker: boolean): string {
  const listen = `"${marker}"; require('net').createServer((s) => s.on('error', () => 0).end('hello')).listen(process.env.PORT)`;
  const wait = 'until [ -e /payload/go ]; do sleep 0.02; done';
  const container = docker
    ? { image: 'busybox', tag: 'local', command: ['/bin/sh', '-c', `nc "\${SVC%:*}" "\${SVC#*:}" < /dev/null > /output/said; ${wait}`] }
    : { image: 'host', command: ['/bin/bash', '-c', `exec 5<>"/dev/tcp/\${SVC%:*}/\${SVC#*:}"; cat <&5 > /output/said; ${wait}`] };
  const server = docker ? { image: 'node-base', tag: 'local', command: ['node', '-e', listen] } : { image: 'host', command: [process.execPath, '-e', listen] };
  const operator = (name: string, from: object) => ({
    name, container,
    services: [{ name: 'svc', container: server, connections: { http: [{ name: 'SVC' }] } }],
    input: [{ path: '/payload' }, from], output: [{ path: '/output' }],
  });
  return JSON.stringify({ 'api-version': '0.4.0', name: 'served', operators: [operator('one', { path: '/also' }), operator('two', { from: 'one', path: '/from' })] });
}

function processesOf(marker: string): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker);
    } catch {
      return false;
    }
  }).length;
}

async function start(server: TestServer, marker: string, docker = false) {
  const { value: pipeline } = await register(clients(server), definition(marker, docker));
  const { jobId, payloadId } = await clients(server).jobs.create({ name: 'served', pipelineId: { value: pipeline } });
  await clients(server).jobs.start({ jobId });
  return { jobId, payload: join(server.home, 'payloads', payloadId!.value) };
}

test.each([['on the host', false, 25, without], ['in a container', true, 250, withoutDocker]] as const)('kill -9 at ten moments of the life of a service %s: the job ends as it should, and nothing of the service is left', async (_, docker, pace, skipped) => {
  if (skipped) return;
  for (let round = 0; round < 10; round += 1) {
    const home = serverHome();
    const marker = `marker-${round}-${Math.random()}`;
    let server = await startServer({ home, args: ['--timeout-grace', '1'] });
    const { jobId, payload } = await start(server, marker, docker);
    // Before it is begun, while it is, while it answers, while the operators run, and while it is stopped.
    await sleep(round * pace);
    if (round >= 7) {
      if (round > 7) writeFileSync(join(payload, 'input', 'go'), '');
      await until(() => existsSync(join(payload, 'operators', 'one')) || round === 7, 'the first operator to complete');
    }
    await server.kill();
    server = await startServer({ home, args: ['--timeout-grace', '1'] });
    writeFileSync(join(payload, 'input', 'go'), '');
    let status: JobsStatusResponse;
    for (const deadline = Date.now() + 30_000; ;) {
      status = await clients(server).jobs.status({ jobId });
      if (status.state === JobState.JOB_STATE_STOPPED) break;
      if (Date.now() > deadline) throw new Error(`the job does not end: ${server.stderr()}`);
      await sleep(10);
    }
    expect([round, status.status, status.messages]).toEqual([round, JobStatus.JOB_STATUS_HEALTHY, []]);
    expect(readFileSync(join(payload, 'operators', 'two', 'said'), 'utf8')).toBe('hello');
    await until(() => processesOf(marker) === 0 && readdirSync(join(home, 'services')).length === 0, 'the service to be gone');
    await server.stop();
  }
}, 240_000);

test.skipIf(without)('Clara.Stop takes the services along', async () => {
  const server = await startServer({ args: ['--timeout-grace', '2'] });
  const marker = `marker-${Math.random()}`;
  const { payload } = await start(server, marker);
  await until(() => processesOf(marker) > 0, `the service to run in ${payload}`);
  await clients(server).clara.stop({});
  await new Promise((resolve) => (server.child.exitCode === null ? server.child.once('exit', resolve) : resolve(undefined)));
  expect(processesOf(marker)).toBe(0);
  expect(readdirSync(join(server.home, 'services'))).toEqual([]);
});
