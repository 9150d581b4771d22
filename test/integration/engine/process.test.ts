import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { faulted, healthy, shellPipeline, startEngine, Status } from './harness.ts';

const without = missing('bwrap');

test.skipIf(without)('a chain hands its files on', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    one: 'cat /input/a > /output/b; echo said one',
    two: { run: 'tr a-z A-Z < /from/one/b > /output/c', after: ['one'] },
  }), { files: { a: 'hello' } });
  expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
  expect(readFileSync(h.output(id, 'two', 'c'), 'utf8')).toBe('HELLO');
  expect(await h.log(id, 'one')).toEqual(['said one']);
});

test.skipIf(without)('a diamond joins both branches, which run side by side', async () => {
  const h = await startEngine({ capacity: { cpus: 2 } });
  const id = await h.submit(shellPipeline({
    top: 'echo seed > /output/x',
    left: { run: 'echo > /output/l; sleep 0.2; cp /from/top/x /output/left', after: ['top'] },
    right: { run: 'echo > /output/r; sleep 0.2; cp /from/top/x /output/right', after: ['top'] },
    join: { run: 'cat /from/left/left /from/right/right > /output/all', after: ['left', 'right'] },
  }));
  expect(await h.stopped(id)).toMatchObject(healthy);
  expect(readFileSync(h.output(id, 'join', 'all'), 'utf8')).toBe('seed\nseed\n');
  const [left, right, joined] = ['left', 'right', 'join'].map((name) => h.operator(id, name));
  expect(left!.startedAt!).toBeLessThan(right!.stoppedAt!);
  expect(right!.startedAt!).toBeLessThan(left!.stoppedAt!);
  expect(joined!.startedAt!).toBeGreaterThanOrEqual(Math.max(left!.stoppedAt!, right!.stoppedAt!));
});

test.skipIf(without)('an operator that fails is named with its exit code and last words; nothing new starts', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    good: 'true',
    bad: { run: 'echo first; echo it broke >&2; exit 3', after: ['good'] },
    never: { run: 'true', after: ['bad'] },
  }));
  expect(await h.stopped(id)).toMatchObject({ ...faulted, messages: ['operator bad failed with exit code 3', 'bad: first', 'bad: it broke'] });
  expect(h.operator(id, 'good').status).toBe(Status.JOB_OPERATOR_STATUS_COMPLETED);
  expect(h.operator(id, 'bad')).toMatchObject({ status: Status.JOB_OPERATOR_STATUS_FAULTED, exitCode: 3 });
  expect(h.operator(id, 'never')).toMatchObject({ status: Status.JOB_OPERATOR_STATUS_PENDING, startedAt: undefined });
  expect(existsSync(h.output(id, 'bad'))).toBe(false);
});

test.skipIf(without)('an independent branch that runs when another fails is let finish', async () => {
  const h = await startEngine({ capacity: { cpus: 2 } });
  const id = await h.submit(shellPipeline({
    slow: 'sleep 0.3; echo kept > /output/x',
    bad: 'exit 1',
    after: { run: 'true', after: ['slow'] },
  }));
  expect(await h.stopped(id)).toMatchObject(faulted);
  expect(h.operator(id, 'slow').status).toBe(Status.JOB_OPERATOR_STATUS_COMPLETED);
  expect(readFileSync(h.output(id, 'slow', 'x'), 'utf8')).toBe('kept\n');
  expect(h.operator(id, 'after').status).toBe(Status.JOB_OPERATOR_STATUS_PENDING);
});

test.skipIf(without).each([
  ['is killed by a signal', 'kill -SEGV $$', 139, 'operator op failed with exit code 139 (as after SIGSEGV)'],
  ['does not exist', 'exec /no/such/program', 127, 'operator op failed with exit code 127'],
])('an operator that %s', async (_, run, exitCode, message) => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: run }));
  const job = await h.stopped(id);
  expect(job).toMatchObject(faulted);
  expect(job.messages[0]).toBe(message);
  expect(h.operator(id, 'op').exitCode).toBe(exitCode);
});

test.skipIf(without)('a command that is not there is an operator that failed, and its log says why', async () => {
  const h = await startEngine();
  // Where a folder of PATH may not be looked into, the system says that instead.
  const id = await h.submit(shellPipeline({ op: 'true' }).replace('/bin/sh', 'no-such-program'));
  expect((await h.stopped(id)).messages.join('\n')).toMatch(/operator op failed with exit code 1\n.*no-such-program: (No such file or directory|Permission denied)/);
});

test.skipIf(without)('inputs cannot be written, nor the host, and outputs start empty', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    op: `for place in /input/a /input/new /usr/new /etc/new ${homedir()}/new; do (echo x > $place) 2>/dev/null && echo wrote $place; done; ls -A /output; ls -A /tmp; echo x > /tmp/y && echo tmp`,
  }), { files: { a: 'kept' } });
  await h.stopped(id);
  expect(await h.log(id, 'op')).toEqual(['tmp']);
  expect(readFileSync(h.payload(id, 'input', 'a'), 'utf8')).toBe('kept');
});

test.skipIf(without)('the definition\'s paths are there, inside folders of the host too', async () => {
  const h = await startEngine();
  const paths = { input: ['/in', '/usr/share/clara-test/in', '/tmp/in', '/var/lib/in', `${homedir()}/in`], output: ['/out', '/etc/clara-out', '/opt/a/b/out'] };
  const id = await h.submit(shellPipeline({
    op: {
      run: `${paths.input.map((path) => `cat ${path}/a`).join(' && ')} && ${paths.output.map((path, n) => `echo ${n} > ${path}/f`).join(' && ')} && test -e /usr/bin/env && test -e /etc/passwd`,
      extra: { input: paths.input.map((path) => ({ path })), output: paths.output.map((path, n) => ({ path, name: `o${n}` })) },
    },
  }), { files: { a: 'x\n' } });
  expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
  expect(await h.log(id, 'op')).toEqual(Array(5).fill('x'));
  expect(paths.output.map((_, n) => readFileSync(h.output(id, 'op', `o${n}`, 'f'), 'utf8'))).toEqual(['0\n', '1\n', '2\n']);
});

test.skipIf(without || readdirSync('/usr/bin').length <= 400)('a path that has no place is told, not guessed', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: { run: 'true', extra: { input: [{ path: '/usr/bin/in' }] } } }));
  expect((await h.stopped(id)).messages[0]).toMatch(/^operator op could not be started: its path \/usr\/bin\/in does not exist on this machine, and \/usr\/bin has too many entries/);
});

test.skipIf(without)('an operator sees nothing of the platform\'s own folder', async () => {
  const h = await startEngine({ home: join(process.cwd(), `node_modules/.clara-test-home-${process.pid}`) });
  try {
    const id = await h.submit(shellPipeline({ op: `ls -A ${h.home} 2>/dev/null; ls /input` }), { files: { a: '' } });
    expect(await h.stopped(id)).toMatchObject(healthy);
    expect(await h.log(id, 'op')).toEqual(['a']);
  } finally {
    await h.engine.close('stop');
    rmSync(h.home, { recursive: true, force: true });
  }
});

test.skipIf(without)('the environment is the contract\'s and nothing else', async () => {
  const h = await startEngine();
  process.env.CLARA_TEST_SECRET = 'do not hand on';
  const id = await h.submit(JSON.stringify({
    'api-version': '0.4.0', name: 'env', variables: { SHARED: 'pipeline', BOTH: 'pipeline' },
    operators: [{
      name: 'Op', container: { image: 'host', command: ['/usr/bin/env', '-0'] }, variables: { BOTH: 'operator', LINES: 'a\nb "c" $HOME', EMPTY: '' },
      input: [{ path: '/data/in/' }], output: [{ name: 'x', path: '/x' }, { name: 'y', path: '/y' }],
    }],
  }), { name: 'The job' });
  delete process.env.CLARA_TEST_SECRET;
  const job = await h.stopped(id);
  const variables = Object.fromEntries((await h.log(id, 'Op')).join('\n').split('\0').filter((entry) => entry !== '').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  expect(variables).toEqual({
    PATH: process.env.PATH, HOME: '/tmp', LANG: expect.any(String), PWD: '/tmp',
    NVIDIA_CLARA_INPUTPATHS: ':/data/in', NVIDIA_CLARA_OUTPUTPATHS: 'x:/x;y:/y', NVIDIA_CLARA_JOBID: id, NVIDIA_CLARA_JOBNAME: 'The job',
    NVIDIA_CLARA_STAGENAME: 'Op', NVIDIA_CLARA_TIMEOUT: '60', NVIDIA_CLARA_PAYLOADID: job.payloadId, NVIDIA_CLARA_PIPELINEID: job.pipelineId,
    NVIDIA_CLARA_NOSYNCLOCK: 'TRUE', CLARA_RESULTSSERVICE_SERVICE_HOST: '127.0.0.1', CLARA_RESULTSSERVICE_SERVICE_PORT: '8088', CLARA_RESULTSSERVICE_SOCKET: '/dev/clara/results.sock', CLARA_INPUT_URIS: '/input:/data/in', SHARED: 'pipeline', BOTH: 'operator', LINES: 'a\nb "c" $HOME', EMPTY: '',
  });
});

test.skipIf(without)('values of variables are in no process list and in no file that stays', async () => {
  const h = await startEngine();
  const secret = `s3cret-${process.pid}`;
  const id = await h.submit(shellPipeline({ op: { run: 'cat /proc/*/cmdline | tr "\\0" " "; echo; test -n "$TOKEN"', extra: { variables: { TOKEN: secret } } } }));
  expect(await h.stopped(id)).toMatchObject(healthy);
  expect((await h.log(id, 'op')).join('\n')).not.toContain(secret);
  expect(readdirSync(join(h.home, 'jobs', id, 'op')).sort()).toEqual(['log', 'status']);
});

test.skipIf(without)('processes that an operator leaves behind die with it', async () => {
  const h = await startEngine();
  const marker = `31${process.pid}`;
  const id = await h.submit(shellPipeline({ op: `setsid sleep ${marker} & (sleep ${marker} &) ; nohup sleep ${marker} >/dev/null 2>&1 & sleep 0.1; echo done` }));
  expect(await h.stopped(id)).toMatchObject(healthy);
  const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`sleep\0${marker}`);
    } catch {
      return false;
    }
  });
  expect(left).toEqual([]);
});

test.skipIf(without)('outputs become regular files and folders; what cannot be one is left out and named', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    op: `cd /output; mkdir d; echo x > d/f; ln -s d/f inside; ln -s /output/d/f absolute; ln -s d folder; ln -s /etc/passwd outside; ln -s ../../../../etc/passwd up; ln -s nowhere broken
      ln -s . self; mkfifo pipe; chmod 4000 d/f; echo y > g; chmod 000 g; touch "$(printf 'b\\377d')"`,
    next: { run: 'cat /from/op/inside /from/op/absolute /from/op/folder/f; ls -A /from/op', after: ['op'] },
  }));
  const job = await h.stopped(id);
  expect(job).toMatchObject(healthy);
  expect(job.messages).toEqual([
    'left out of the outputs of operator op: "pipe" (a named pipe), "broken" (a link to nothing), "outside" (a link to something outside the outputs), '
    + '"self" (a link to a folder that it lies in), "up" (a link to something outside the outputs)',
  ]);
  const log = await h.log(id, 'next');
  expect(log.slice(0, 3)).toEqual(['x', 'x', 'x']);
  expect(log.slice(3).sort()).toEqual(['absolute', 'b\ufffdd', 'd', 'folder', 'g', 'inside']);
  expect(['d/f', 'inside', 'absolute', 'folder/f', 'g'].map((path) => lstatSync(h.output(id, 'op', path)).mode.toString(8))).toEqual(Array(5).fill('100644'));
  expect(existsSync(join(h.home, 'jobs', id, 'op', 'out'))).toBe(false);
});

test.skipIf(without)('links that multiply without end are cut off', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    op: 'cd /output; mkdir d0; for f in 1 2 3 4 5 6 7 8; do touch d0/$f; done; i=0; while [ $i -lt 12 ]; do j=$((i+1)); mkdir d$j; for k in a b c d; do ln -s ../d$i d$j/$k; done; i=$j; done',
  }));
  const job = await h.stopped(id);
  expect(job).toMatchObject(healthy);
  expect(job.messages[0]).toContain('links add more than 10000 entries');
  expect(readdirSync(h.output(id, 'op', 'd1', 'a'))).toHaveLength(8);
});

test.skipIf(without)('an operator without outputs, and one without inputs', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ sink: { run: 'cat /input/a', extra: { output: [] } }, source: { run: 'echo x > /output/x', extra: { input: [] } } }), { files: { a: 'in' } });
  expect(await h.stopped(id)).toMatchObject(healthy);
  expect(existsSync(h.output(id, 'sink'))).toBe(false);
  expect(await h.log(id, 'sink')).toEqual(['in']);
});

test.skipIf(without)('an operator of ours runs by its image name', async () => {
  const h = await startEngine();
  const id = await h.submit(JSON.stringify({
    'api-version': '0.4.0', name: 'ours',
    operators: [{ name: 'read', container: { image: 'nvcr.io/nvidia/clara/dicom-reader', tag: '0.8.1' }, input: [{ path: '/input' }], output: [{ path: '/output' }] }],
  }), { files: { 'note.txt': 'not DICOM' } });
  const job = await h.stopped(id);
  // There is nothing to read: the program itself says so.
  expect(job).toMatchObject(faulted);
  expect((await h.log(id, 'read')).join('\n')).toMatch(/DICOM|instance|series/i);
});

test.skipIf(without)('variables of a job fill parameters first, then variables of the pipeline', async () => {
  const h = await startEngine();
  const definition = JSON.stringify({
    'api-version': '0.4.0', name: 'vars', parameters: { LEVEL: '1' }, variables: { MODE: 'slow' },
    operators: [{ name: 'op', container: { image: 'host', command: ['/bin/sh', '-c', 'echo ${{LEVEL}} $MODE'] }, input: [{ path: '/input' }], output: [{ path: '/output' }] }],
  });
  const plain = await h.submit(definition);
  const set = await h.submit(definition, { variables: [{ name: 'LEVEL', value: '7' }, { name: 'MODE', value: 'fast "x"' }] });
  await h.stopped(plain);
  await h.stopped(set);
  expect([await h.log(plain, 'op'), await h.log(set, 'op')]).toEqual([['1 slow'], ['7 fast "x"']]);
  const id = h.create(definition);
  await expect(h.engine.start(id, [{ name: 'LEVLE', value: '1' }])).rejects.toMatchObject({ wireCode: -0x2101, message: expect.stringContaining('LEVLE') });
  expect(h.job(id).queuedAt).toBeUndefined();
});

test.skipIf(without)('the folders of a run keep others out, and the link to the shell is the host\'s', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: 'readlink /bin; stat -c %a /output; stat -c %a /tmp; cat /proc/self/cgroup >/dev/null && ls /proc | grep -c "^[0-9]*$"' }));
  await h.stopped(id);
  const [link, output, tmp, processes] = await h.log(id, 'op');
  expect([link, output, tmp]).toEqual([readlinkSync('/bin'), '755', '1777']);
  expect(Number(processes)).toBeLessThan(10);
  expect(lstatSync(join(h.home, 'jobs')).mode & 0o777).toBe(0o700);
});

test.skipIf(without)('a definition that can never fit is refused with the numbers', async () => {
  const h = await startEngine({ capacity: { cpus: 2, memoryMb: 1000, gpus: 0 } });
  const id = h.create(shellPipeline({
    ok: 'true', big: { run: 'true', extra: { requests: { cpu: 3, memory: 2000 } } }, gpu: { run: 'true', extra: { requests: { gpu: 1 } } },
  }));
  await expect(h.engine.start(id, [])).rejects.toMatchObject({
    wireCode: -0x2201,
    message: `job ${id} can never run here: operator big: CPUs: it requests 3, the platform has 2`,
    details: ['operator big: memory: it requests 2000 MB, the platform has 1000 MB', 'operator gpu: GPUs: it requests 1, the platform has 0'],
  });
  expect(h.job(id).queuedAt).toBeUndefined();
});

test.skipIf(without)('a job is started once', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: 'true' }));
  await expect(h.engine.start(id, [])).rejects.toMatchObject({ wireCode: -0x2201 });
  await h.stopped(id);
  await expect(h.engine.start(id, [])).rejects.toMatchObject({ wireCode: -0x2201, message: `job ${id} was started before (it is completed)` });
  await expect(h.engine.start('0'.repeat(32), [])).rejects.toMatchObject({ wireCode: -0x2001 });
});

test.skipIf(without)('a file where outputs belong is not replaced silently', async () => {
  const h = await startEngine();
  const id = h.create(shellPipeline({ op: 'echo x > /output/x' }));
  mkdirSync(h.output(id), { recursive: true });
  writeFileSync(h.output(id, 'op'), 'in the way');
  await h.engine.start(id, []);
  const job = await h.stopped(id);
  expect(job).toMatchObject(faulted);
  expect(job.messages[0]).toMatch(/^the outputs of operator op could not be published \(.*(ENOTDIR|EEXIST|ENOTEMPTY)/);
});
