import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../../src/api/client.ts';
import { JobsService, PipelinesService } from '../../../src/api/services.ts';
import { JobState } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { detectSandbox } from '../../../src/system/sandbox/detect.ts';
import { serverHome } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { root } from '../../helpers/run.ts';
import { canceled, evicted, faulted, healthy, shellPipeline, startEngine, Status, until } from './harness.ts';

/** Without bubblewrap: what util-linux can do. */
const unshare = await detectSandbox('/nonexistent');

describe.skipIf(unshare.kind !== 'unshare')('with unshare instead of bubblewrap', () => {
  const start = (home?: string) => startEngine({ sandbox: unshare, limits: { graceMs: 300 }, ...(home === undefined ? {} : { home }) });

  test('operators have their paths, also inside folders of the host, and what they may not write is read-only', async () => {
    const h = await start();
    const id = await h.submit(shellPipeline({
      one: {
        run: `cat /input/a /var/clara-test/in/a > /output/b; for place in /input/new /usr/new /etc/new ${homedir()}/new; do (echo x > $place) 2>/dev/null && echo wrote $place; done
          mount -o remount,rw /usr 2>/dev/null && echo remounted; ls -A /tmp; test -e /.host && echo host; ls ${h.home} 2>/dev/null; echo x > /tmp/y; exec 3</dev/null; test -c /dev/null && cat /proc/self/comm`,
        extra: { input: [{ path: '/input' }, { path: '/var/clara-test/in' }] },
      },
      two: { run: 'cat /from/one/b', after: ['one'] },
    }), { files: { a: 'x\n' } });
    expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
    expect(await h.log(id, 'one')).toEqual(['cat']);
    expect(await h.log(id, 'two')).toEqual(['x', 'x']);
    expect(readdirSync(join(h.home, 'jobs', id, 'one')).sort()).toEqual(['exit', 'log', 'pid']);
  });

  test('the environment is the contract\'s, values are as they are, and exit codes come through', async () => {
    const h = await start();
    const id = await h.submit(shellPipeline({ op: { run: 'env -0 | sort -z | tr "\\0" "\\n" | grep -v "^_="; exit 7', extra: { variables: { LINES_: 'a\nb "c" $HOME', PATH: '/usr/bin:/bin' } } } }), { name: 'x' });
    expect(await h.stopped(id)).toMatchObject(faulted);
    expect(h.operator(id, 'op').exitCode).toBe(7);
    expect((await h.log(id, 'op')).map((line) => line.replace(/=.*/, ''))).toEqual([
      'CLARA_INPUT_URIS', 'CLARA_RESULTSSERVICE_SERVICE_HOST', 'CLARA_RESULTSSERVICE_SERVICE_PORT', 'CLARA_RESULTSSERVICE_SOCKET',
      'HOME', 'LANG', 'LINES_', 'b "c" $HOME', 'NVIDIA_CLARA_INPUTPATHS', 'NVIDIA_CLARA_JOBID', 'NVIDIA_CLARA_JOBNAME', 'NVIDIA_CLARA_NOSYNCLOCK',
      'NVIDIA_CLARA_OUTPUTPATHS', 'NVIDIA_CLARA_PAYLOADID', 'NVIDIA_CLARA_PIPELINEID', 'NVIDIA_CLARA_STAGENAME', 'NVIDIA_CLARA_TIMEOUT', 'PATH', 'PWD',
    ]);
  });

  test('cancelling reaches the operator, and what it leaves behind dies with it', async () => {
    const h = await start();
    const polite = await h.submit(shellPipeline({ op: 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.02; done' }));
    await until(() => logged(h.home, polite).includes('ready'), 'the operator to run');
    expect(await h.engine.cancel(polite, '')).toMatchObject(canceled);
    expect(logged(h.home, polite)).toContain('bye');
    const stubborn = await h.submit(shellPipeline({ op: 'trap "" TERM; (setsid sh -c "while :; do sleep 0.02; date +%s%N > /output/alive; done" &); echo ready; while :; do sleep 0.02; done' }));
    await until(() => logged(h.home, stubborn).includes('ready'), 'the operator to run');
    expect(await h.engine.cancel(stubborn, '')).toMatchObject(canceled);
  });

  test('an operator outlives its platform; one whose supervisor is killed is lost, with nothing left of it', async () => {
    const first = await start();
    const ids = await Promise.all(['kept', 'lost'].map(() => first.submit(shellPipeline({ op: 'echo ready; until [ -e /input/go ]; do sleep 0.02; done; echo done' }))));
    const [kept, lost] = ids as [string, string];
    await until(() => ids.every((id) => logged(first.home, id).includes('ready')), 'both to run');
    await first.engine.close('detach');
    process.kill(Number(readFileSync(join(first.home, 'jobs', lost, 'op', 'pid'), 'utf8')), 'SIGKILL');
    const next = await start(first.home);
    expect(await next.stopped(lost)).toMatchObject(evicted);
    expect(next.operator(kept, 'op').status).toBe(Status.JOB_OPERATOR_STATUS_RUNNING);
    for (const id of ids) writeFileSync(next.payload(id, 'input', 'go'), '');
    expect(await next.stopped(kept)).toMatchObject(healthy);
    expect(logged(next.home, kept)).toBe('ready\ndone\n');
    expect(logged(next.home, lost)).toBe('ready\n');
  });
});

describe('without any sandbox', () => {
  const none = { kind: 'none', reason: 'nothing works here' } as const;

  test('a command of the host is refused at the start, and docker is named', async () => {
    const h = await startEngine({ sandbox: none });
    const id = h.create(shellPipeline({ op: 'true' }));
    await expect(h.engine.start(id, [])).rejects.toMatchObject({
      wireCode: -0x2201, message: 'operator op cannot run on the host: nothing works here', hint: expect.stringContaining('docker'),
    });
    expect(h.job(id)).toMatchObject({ state: JobState.JOB_STATE_PENDING, queuedAt: undefined });
  });

  test('an operator of ours runs with the real folders', async () => {
    const h = await startEngine({ sandbox: none });
    const id = await h.submit(JSON.stringify({
      'api-version': '0.4.0', name: 'ours',
      operators: [{ name: 'read', container: { image: 'clara/dicom-reader' }, input: [{ path: '/nowhere/in' }], output: [{ path: '/nowhere/out' }] }],
    }), { files: { 'note.txt': 'not DICOM' } });
    expect(await h.stopped(id)).toMatchObject(faulted);
    // It found the file, so it has looked into the real folder.
    expect(logged(h.home, id, 'read')).toMatch(/note\.txt|no DICOM|not DICOM|1 file/i);
    expect(existsSync('/nowhere')).toBe(false);
  });
});

test.skipIf(missing('root') || missing('bwrap'))('a platform of an ordinary user runs operators, and what they lock away is still published or removed', async () => {
  const home = serverHome();
  chmodSync(home, 0o711);
  const own = join(home, 'platform');
  mkdirSync(own);
  chownSync(own, 65_534, 65_534);
  const server = spawn('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--', process.execPath, join(root, 'dist/platform-server.cjs'), '--home', own, '--port', '0'], {
    env: { PATH: '/usr/bin:/bin' }, stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  onTestFinished(async () => {
    server.kill('SIGTERM');
    await ended;
  });
  await until(() => existsSync(join(own, 'server.json')), 'the platform to be ready');
  const connection = new Connection({ target: (JSON.parse(readFileSync(join(own, 'server.json'), 'utf8')) as { grpc: string }).grpc });
  onTestFinished(() => connection.close());
  const jobs = connection.service(JobsService);
  const run = async (script: string) => {
    const pipelineId = (await connection.service(PipelinesService).create([{ definition: { path: 'p.yaml', content: shellPipeline({ op: script }) } }])).pipelineId;
    const { jobId, payloadId } = await jobs.create({ name: 'ordinary', pipelineId });
    await jobs.start({ jobId });
    for (;;) {
      const { state, messages } = await jobs.status({ jobId });
      if (state === JobState.JOB_STATE_STOPPED) return { messages, jobId: jobId!.value, payload: join(own, 'payloads', payloadId!.value, 'operators', 'op') };
      await sleep(20);
    }
  };
  const lock = 'id -u > /output/who; mkdir /output/d /tmp/d; echo x > /output/d/f; touch /tmp/d/f; chmod 0 /output/d/f /output/d /tmp/d';
  const good = await run(lock);
  expect(good.messages).toEqual([]);
  expect([readFileSync(join(good.payload, 'who'), 'utf8'), readFileSync(join(good.payload, 'd', 'f'), 'utf8')]).toEqual(['65534\n', 'x\n']);
  const bad = await run(`${lock}; exit 1`);
  expect(bad.messages).toEqual(['operator op failed with exit code 1']);
  await until(() => !existsSync(join(own, 'jobs', bad.jobId, 'op', 'out')), 'its outputs to be removed');
});

function logged(home: string, jobId: string, operator = 'op'): string {
  const file = join(home, 'jobs', jobId, operator, 'log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe.skipIf(missing('bwrap') || missing('root'))('operators that follow each other closely', () => {
  const look = `set -f; for place in /x /dev/x /etc/x /usr/x /input/x ${homedir()}/x; do (echo x > $place) 2>/dev/null && echo "wrote $place"; done
    ls -A / /tmp /dev /dev/pts /dev/shm; echo x > /dev/shm/x && echo x > /tmp/x && echo x > /output/x && cat /input/a; echo x > /dev/null; head -c 1 /dev/zero | od -c
    test -S "$CLARA_RESULTSSERVICE_SOCKET"; ls "$HOME_OF_PLATFORM" 2>&1; mount -o remount,rw / 2>/dev/null && echo remounted; id -u; pwd; cut -d" " -f5,6 /proc/self/mountinfo | grep -vE " (ro|rw),nosuid"
    cat /proc/self/status | grep -E "^(Sig[BICP]|Cap|NoNewPrivs)"; ps -e 2>/dev/null | wc -l`;
  const inView = 'tr "\\0" " " </proc/1/cmdline | grep -q "/vie[w] / " && echo yes > /output/view; true';

  test('share what their sandboxes have in common, and see what one sees that has all to itself', async () => {
    const h = await startEngine({ capacity: { cpus: 2 } });
    const names = Array.from({ length: 12 }, (_, n) => `op-${n}`);
    const extra = { variables: { HOME_OF_PLATFORM: h.home } };
    const id = await h.submit(shellPipeline(Object.fromEntries(names.map((name) => [name, { run: `${look}; ${inView}`, extra }]))), { files: { a: 'a\n' } });
    expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
    const views = names.map((name) => existsSync(h.output(id, name, 'view')));
    expect(views).toContain(false);
    expect(views).toContain(true);
    const seen = await Promise.all(names.map((name) => h.log(id, name)));
    expect(seen[0]).toContain('a');
    expect(seen[0]!.filter((line) => /^(wrote|remounted)/.test(line))).toEqual([]);
    for (const lines of seen) expect(lines).toEqual(seen[0]);
  });

  test('leave nothing to each other, and are ended one by one', async () => {
    const h = await startEngine({ capacity: { cpus: 4 }, limits: { graceMs: 200 } });
    const run = (name: string) => `ls -A /tmp /dev/shm; touch /tmp/${name} /dev/shm/${name}; (setsid sleep 300 &); ${name === 'op-9' ? 'trap "" TERM; echo ready; while :; do sleep 0.02; done' : 'true'}`;
    const quick = await h.submit(shellPipeline(Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`op-${n}`, run(`op-${n}`)]))));
    const stubborn = await h.submit(shellPipeline({ 'op-9': run('op-9') }));
    const other = await h.submit(shellPipeline({ op: 'until [ -e /input/go ]; do sleep 0.02; done; echo went on' }));
    expect(await h.stopped(quick)).toMatchObject(healthy);
    await until(() => existsSync(join(h.home, 'jobs', stubborn, 'op-9', 'log')) && readFileSync(join(h.home, 'jobs', stubborn, 'op-9', 'log'), 'utf8').includes('ready'), 'the last to run');
    expect(await h.engine.cancel(stubborn, '')).toMatchObject(canceled);
    writeFileSync(h.payload(other, 'input', 'go'), '');
    expect(await h.stopped(other)).toMatchObject(healthy);
    for (let n = 0; n < 8; n += 1) expect(await h.log(quick, `op-${n}`)).toEqual(['/dev/shm:', '', '/tmp:']);
  });
});
