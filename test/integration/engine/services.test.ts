import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findProgram } from '../../../src/system/programs.ts';
import { missing } from '../../helpers/require.ts';
import { canceled, faulted, healthy, startEngine, until, Status, type Harness } from './harness.ts';

interface Use {
  /** What the operator runs; services are asked with `ask HOST:PORT`. */
  readonly run: string;
  readonly after?: readonly string[];
  readonly services?: readonly Readonly<Record<string, unknown>>[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** Where operators and services run: the same definitions on the host and on an image. */
const places = {
  process: {
    operator: { image: 'host' }, service: { image: 'host' }, node: process.execPath, shell: '/bin/bash', without: missing('bwrap'),
    ask: 'ask() { exec 5<>"/dev/tcp/${1%:*}/${1#*:}" && cat <&5; exec 5>&-; }; ',
  },
  docker: {
    operator: { image: 'busybox', tag: 'local' }, service: { image: 'node-base', tag: 'local' }, node: 'node', shell: '/bin/sh', without: missing('docker') || missing('node-base'),
    ask: 'ask() { nc "${1%:*}" "${1#*:}" < /dev/null; }; ',
  },
};
type Place = keyof typeof places;

/** Answers every connection with what it is told, and notes its start. */
const server = (say: string) => `
  const { createServer } = require('net');
  console.log('started');
  for (const port of (process.env.NVIDIA_CLARA_SERVICE_PORTS || '').split(';').map((entry) => Number(entry.split(':')[1])))
    createServer((socket) => socket.on('error', () => 0).end(${JSON.stringify(say)})).listen(port);
  process.on('SIGTERM', () => process.exit());`;

function service(place: Place, script: string, over: Readonly<Record<string, unknown>> = {}) {
  return { name: 'svc', container: { ...places[place].service, command: [places[place].node, '-e', script] }, connections: { http: [{ name: 'SVC' }] }, ...over };
}

function definition(place: Place, operators: Readonly<Record<string, Use>>): string {
  return JSON.stringify({
    'api-version': '0.4.0',
    name: 'test',
    operators: Object.entries(operators).map(([name, { run, after = [], services = [], variables = {} }]) => ({
      name, services, variables,
      container: { ...places[place].operator, command: [places[place].shell, '-c', places[place].ask + run] },
      input: [{ path: '/input' }, ...after.map((from) => ({ from, path: `/from/${from}` }))],
      output: [{ path: '/output' }],
    })),
  });
}

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter((line) => line !== '');

/** Everything of services that is there. */
function remains(h: Harness): string[] {
  const folders = readdirSync(join(h.home, 'services'));
  if (places.docker.without) return folders;
  return [...folders, ...docker('ps', '--all', '--quiet', '--filter', `label=clara.home=${h.home}`), ...docker('network', 'ls', '--quiet', '--filter', `label=clara.home=${h.home}`)];
}

/** Processes whose command line has a text. */
function processes(text: string): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  }).length;
}

const log = (h: Harness) => readdirSync(join(h.home, 'services')).map((key) => readFileSync(join(h.home, 'services', key, 'log'), 'utf8')).join('');

for (const place of ['process', 'docker'] as const) {
  const { without } = places[place];

  test.skipIf(without)(`${place}: one service for two operators of two names, gone when the job is`, async () => {
    const h = await startEngine();
    const shared = server('hello');
    const id = await h.submit(definition(place, {
      one: { run: 'ask "$SVC" > /output/said', services: [service(place, shared)] },
      two: { run: 'ask "$OTHER" > /output/said; echo "$OTHER" > /output/where', after: ['one'], services: [service(place, shared, { name: 'other', connections: { http: [{ name: 'OTHER' }] } })] },
      free: { run: 'echo "[$SVC$OTHER]" > /output/said; ls /sys/class/net > /output/networks' },
      own: { run: 'echo "$SVC" > /output/said', variables: { SVC: 'mine' }, services: [service(place, shared)] },
      hold: { run: 'until [ -e /input/go ]; do sleep 0.05; done', services: [service(place, shared)] },
    }));
    await until(() => ['one', 'two', 'free', 'own'].every((name) => h.operator(id, name).status === Status.JOB_OPERATOR_STATUS_COMPLETED), 'four operators to complete');
    expect(log(h).match(/started/g)).toHaveLength(1);
    writeFileSync(h.payload(id, 'input', 'go'), '');
    expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
    const said = (name: string, file = 'said') => readFileSync(h.output(id, name, file), 'utf8').trim();
    expect([said('one'), said('two'), said('free'), said('own')]).toEqual(['hello', 'hello', '[]', 'mine']);
    expect(said('two', 'where')).toMatch(place === 'process' ? /^127\.0\.0\.1:\d+$/ : /^clara-\w+-service-\w+:\d+$/);
    if (place === 'docker') expect(said('free', 'networks')).toBe('lo');
    await until(() => remains(h).length === 0, 'the service to be gone');
  });

  test.skipIf(without)(`${place}: two services of one operator, several ports, data that all services share`, async () => {
    const h = await startEngine();
    mkdirSync(join(h.home, 'common', 'models'), { recursive: true });
    writeFileSync(join(h.home, 'common', 'models', 'm'), 'weights');
    const two = service(place, server('a'), { connections: { http: [{ name: 'HTTP', port: place === 'docker' ? 8000 : undefined }, { name: 'GRPC' }] } });
    const reading = service(place, `require('net').createServer((s) => s.on('error', () => 0).end(require('fs').readFileSync(process.argv[1] + '/models/m'))).listen(process.env.PORT)`, {
      name: 'reader', connections: { http: [{ name: 'DATA' }] },
    });
    reading.container.command.push('$(NVIDIA_CLARA_SERVICE_DATA_PATH)');
    const id = await h.submit(definition(place, {
      one: { run: '{ ask "$HTTP"; ask "$GRPC"; ask "$DATA"; } > /output/said', services: [two, reading] },
    }));
    expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
    expect(readFileSync(h.output(id, 'one', 'said'), 'utf8')).toBe('aaweights');
    await until(() => remains(h).length === 0, 'the services to be gone');
  });

  test.skipIf(without)(`${place}: a service that never answers fails the job with its last lines`, async () => {
    const h = await startEngine({ serviceMs: place === 'docker' ? 2500 : 600 });
    const id = await h.submit(definition(place, { one: { run: 'true', services: [service(place, 'console.log("warming up"); setTimeout(() => 0, 1e6)')] } }));
    const { messages, ...job } = await h.stopped(id);
    expect(job).toMatchObject(faulted);
    expect(messages[0]).toMatch(/^operator one could not be started: service svc does not answer at port \d+ within [\d.]+ s \(the service has to listen/);
    expect(messages[1]).toBe('service svc: warming up');
    await until(() => remains(h).length === 0, 'the service to be gone');
  });

  test.skipIf(without)(`${place}: a service that ends at once fails the job with its exit code, and the next job tries again`, async () => {
    const h = await startEngine();
    const flaky = service(place, `const fs = require('fs'); if (!fs.existsSync('/clara/common/go')) { console.log('no data'); process.exit(3); } ${server('ok')}`);
    const first = await h.submit(definition(place, { one: { run: 'true', services: [flaky] } }));
    expect(await h.stopped(first)).toMatchObject({ ...faulted, messages: ['operator one could not be started: service svc failed with exit code 3', 'service svc: no data'] });
    writeFileSync(join(h.home, 'common', 'go'), '');
    const second = await h.submit(definition(place, { one: { run: 'ask "$SVC" > /output/said', services: [flaky] } }));
    expect(await h.stopped(second)).toMatchObject(healthy);
    await until(() => remains(h).length === 0, 'the service to be gone');
  });

  test.skipIf(without)(`${place}: a service that dies while an operator runs ends the job, with what it said`, async () => {
    const h = await startEngine({ limits: { graceMs: 500 } });
    const dying = service(place, `${server('x')} setInterval(() => { if (require('fs').existsSync('/clara/common/die')) { console.log('cannot go on'); process.exit(9); } }, 20)`);
    const id = await h.submit(definition(place, { one: { run: 'echo begun; sleep 1000', services: [dying] } }));
    await until(() => existsSync(join(h.home, 'jobs', id, 'one', 'log')) && readFileSync(join(h.home, 'jobs', id, 'one', 'log'), 'utf8').includes('begun'), 'the operator to run');
    writeFileSync(join(h.home, 'common', 'die'), '');
    expect(await h.stopped(id)).toMatchObject({
      ...faulted, messages: ['operator one lost what it uses', 'service svc failed with exit code 9', 'service svc: started', 'service svc: cannot go on'],
    });
    await until(() => remains(h).length === 0, 'the service to be gone');
  });

  test.skipIf(without)(`${place}: cancelling while a service starts ends the job and the service`, async () => {
    const h = await startEngine();
    const marker = `marker-${Math.random()}`;
    const id = await h.submit(definition(place, { one: { run: 'true', services: [service(place, `"${marker}"; setTimeout(() => 0, 1e6)`)] } }));
    await until(() => (place === 'docker' ? docker('ps', '--quiet', '--filter', `label=clara.home=${h.home}`).length === 1 : processes(marker) > 0), 'the service to be started');
    expect(await h.engine.cancel(id, '')).toMatchObject(canceled);
    await until(() => remains(h).length === 0 && processes(marker) === 0, 'the service to be gone');
  });

  test.skipIf(without)(`${place}: a service outlives its platform and serves on; the next one that stops takes it along`, async () => {
    const first = await startEngine();
    const svc = service(place, server('still here'));
    const pipeline = definition(place, {
      one: { run: 'echo begun; until [ -e /input/go ]; do sleep 0.05; done; ask "$SVC" > /output/said', services: [svc] },
      two: { run: 'ask "$SVC" > /output/said; until [ -e /input/end ]; do sleep 0.05; done', after: ['one'], services: [svc] },
    });
    const id = await first.submit(pipeline);
    await until(() => existsSync(join(first.home, 'jobs', id, 'one', 'log')) && readFileSync(join(first.home, 'jobs', id, 'one', 'log'), 'utf8').includes('begun'), 'the operator to run');
    await first.engine.close('detach');
    const next = await startEngine({ home: first.home });
    expect(next.operator(id, 'one').status).toBe(Status.JOB_OPERATOR_STATUS_RUNNING);
    writeFileSync(next.payload(id, 'input', 'go'), '');
    await until(() => next.operator(id, 'two').status === Status.JOB_OPERATOR_STATUS_RUNNING, 'the second operator to run');
    expect(readFileSync(next.output(id, 'one', 'said'), 'utf8')).toBe('still here');
    expect(log(next).match(/started/g)).toHaveLength(1);
    await next.engine.close('stop');
    expect(remains(next).length).toBe(0);
    const third = await startEngine({ home: first.home });
    writeFileSync(third.payload(id, 'input', 'end'), '');
    expect(await third.stopped(id)).toMatchObject({ ...healthy, messages: [] });
    await until(() => remains(third).length === 0, 'the service to be gone');
  });
}

test.skipIf(places.process.without)('a service that ended while the platform was away ends the jobs that were using it', async () => {
  const first = await startEngine({ limits: { graceMs: 300 } });
  const marker = `marker-${Math.random()}`;
  const id = await first.submit(definition('process', { one: { run: 'echo begun; sleep 1000', services: [service('process', `"${marker}"; ${server('x')}`)] } }));
  await until(() => existsSync(join(first.home, 'jobs', id, 'one', 'log')) && readFileSync(join(first.home, 'jobs', id, 'one', 'log'), 'utf8').includes('begun'), 'the operator to run');
  await first.engine.close('detach');
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
  await until(() => processes(marker) === 0, 'the service to be gone');
  const next = await startEngine({ home: first.home, limits: { graceMs: 300 } });
  expect(await next.stopped(id)).toMatchObject({ ...faulted, messages: ['operator one lost what it uses', 'service svc ended while the platform was away'] });
  await until(() => remains(next).length === 0, 'the service to be gone');
});

test.skipIf(places.process.without)('a job that wants more of a running service than it has fails alone: others go on using it', async () => {
  const h = await startEngine({ serviceMs: 600 });
  const say = server('hello');
  const first = await h.submit(definition('process', {
    one: { run: 'echo begun; until [ -e /input/go ]; do sleep 0.05; done; ask "$SVC" > /output/said', services: [service('process', say)] },
  }));
  await until(() => existsSync(join(h.home, 'jobs', first, 'one', 'log')) && readFileSync(join(h.home, 'jobs', first, 'one', 'log'), 'utf8').includes('begun'), 'the operator to run');
  const more = await h.submit(definition('process', { one: { run: 'true', services: [service('process', say, { connections: { http: [{ name: 'SVC' }, { name: 'MORE' }] } })] } }));
  expect((await h.stopped(more)).messages[0]).toContain('service svc runs already, with fewer free ports than this operator has connections for');
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as AddressInfo;
  await new Promise((resolve) => holder.close(resolve));
  const deaf = { run: 'true', services: [service('process', say, { connections: { http: [{ name: 'SVC' }, { name: 'FIXED', port }] } })] };
  expect((await h.stopped(await h.submit(definition('process', { one: deaf })))).messages[0]).toContain(`service svc does not answer at port ${port} within 0.6 s`);
  writeFileSync(h.payload(first, 'input', 'go'), '');
  expect(await h.stopped(first)).toMatchObject({ ...healthy, messages: [] });
  expect(readFileSync(h.output(first, 'one', 'said'), 'utf8')).toBe('hello');
  await until(() => remains(h).length === 0, 'the service to be gone');
});

test.skipIf(missing('root'))('without bubblewrap services run in the sandbox of util-linux, and end with it', async () => {
  const [unshare, setpriv] = ['unshare', 'setpriv'].map((name) => findProgram(name, '/usr/bin:/bin')!);
  const sandbox = { kind: 'unshare', unshare: unshare!, setpriv: setpriv!, userNamespace: false } as const;
  const h = await startEngine({ sandbox });
  const id = await h.submit(definition('process', { one: { run: 'ask "$SVC" > /output/said', services: [service('process', server('x'))] } }));
  expect(await h.stopped(id)).toMatchObject(healthy);
  expect(readFileSync(h.output(id, 'one', 'said'), 'utf8')).toBe('x');
  await until(() => remains(h).length === 0, 'the service to be gone');
});

test.skipIf(places.process.without)('a port that is taken is named, with who has it as far as that is known', async () => {
  const h = await startEngine();
  const holder = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void holder.close());
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as AddressInfo;
  const fixed = (name: string, say: string) => service('process', server(say), { name, connections: { http: [{ name: 'SVC', port }] } });
  const id = await h.submit(definition('process', { one: { run: 'true', services: [fixed('svc', 'x')] } }));
  expect((await h.stopped(id)).messages).toEqual([
    `operator one could not be started: port ${port} of service svc is in use by another program of this machine (free the port, or leave \`port\` out of the definition and let the service listen where $PORT says)`,
  ]);
  holder.close();
  const both = await h.submit(definition('process', {
    one: { run: 'until [ -e /input/go ]; do sleep 0.05; done', services: [fixed('first', 'x')] }, two: { run: 'true', after: ['one'], services: [fixed('second', 'y')] },
  }));
  writeFileSync(h.payload(both, 'input', 'go'), '');
  expect((await h.stopped(both)).messages[0]).toContain(`port ${port} of service second is in use by service first`);
  // The next job's service waits for the last one's to be gone.
  const next = await h.submit(definition('process', { one: { run: 'ask "$SVC" > /output/said', services: [fixed('third', 'z')] } }));
  expect(await h.stopped(next)).toMatchObject(healthy);
  await until(() => remains(h).length === 0, 'the services to be gone');
});

test('a stranger\'s file among the services is left alone; a note that is damaged is named', async () => {
  const first = await startEngine();
  await first.engine.close('stop');
  writeFileSync(join(first.home, 'services', 'notes.txt'), 'mine');
  await (await startEngine({ home: first.home })).engine.close('stop');
  expect(remains(first)).toEqual(['notes.txt']);
  mkdirSync(join(first.home, 'services', 'abc'));
  writeFileSync(join(first.home, 'services', 'abc', 'service.json'), '{"plan":');
  await expect(startEngine({ home: first.home })).rejects.toThrow(/^cannot read what is known of a service, .*abc\/service\.json \(/);
});

test('what cannot run is refused at the start', async () => {
  const h = await startEngine({ capacity: { gpus: 0 } });
  const start = (text: string) => h.engine.start(h.create(text), []);
  const onHost = service('process', server('x'));
  await expect(start(definition('docker', { one: { run: 'true', services: [onHost] } }))).rejects.toThrow('operator one runs in a container and cannot reach service svc, a command of the host');
  await expect(start(definition('process', { one: { run: 'true', services: [{ ...onHost, requests: { gpu: 1 } }] } }))).rejects.toThrow('service svc: GPUs: it requests 1, the platform has 0');
  if (!places.docker.without) {
    await expect(start(definition('process', { one: { run: 'true', services: [{ ...onHost, container: { image: 'example/not-here' } }] } }))).rejects.toMatchObject({
      message: 'the image example/not-here:latest of service svc is not on this machine', hint: expect.stringContaining('docker pull') as unknown,
    });
  }
});
