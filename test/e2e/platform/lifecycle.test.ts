import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { processIdentity } from '../../../src/system/process-identity.ts';
import { missing } from '../../helpers/require.ts';
import { root, run, type Finished } from '../../helpers/run.ts';
import { endpointOf, home, type Home } from './local.ts';

async function statusOf({ platform }: Home): Promise<Record<string, unknown>> {
  return JSON.parse((await platform(['status', '-o', 'json'])).stdout) as Record<string, unknown>;
}

const anyPort = ['start', '--port', '0'];

describe('start', () => {
  test('prints what the original printed, then the endpoints, and returns when the platform answers', async () => {
    const { platform, clara, folder } = home();
    const started = await platform(anyPort);
    expect(started).toMatchObject({ exitCode: 0 });
    const [first, second, third, ...endpoints] = started.stdout.split('\n');
    expect([first, second, third]).toEqual([
      'Starting clara...',
      'NAME:   clara',
      'Note: If there is a running instance of Clara Console, Clara Dicom Adapter or Clara Renderer, they should be restarted.',
    ]);
    expect(endpoints).toEqual([
      expect.stringMatching(/^API: {4}127\.0\.0\.1:\d+$/), expect.stringMatching(/^HTTP: {3}127\.0\.0\.1:\d+ \(Results Service\)$/), `HOME:   ${folder}/platform`, `LOG:    ${folder}/platform/server.log`, '',
    ]);
    expect(started.stderr).toBe(`other commands reach it with: export CLARA_HOST=${endpointOf(started)}\n`);
    const version = await clara(['version', '--host', endpointOf(started)]);
    expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Clara Platform version: ') });
  });

  test('is idempotent: one that runs is left alone, and flags that came too late are mentioned', async () => {
    const it = home();
    const first = await it.platform(anyPort);
    const { pid } = await statusOf(it);
    const again = await it.platform(['start', '-y']);
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('clara is already running\n') });
    expect(endpointOf(again)).toBe(endpointOf(first));
    expect((await it.platform(['start', '--cpus', '1'])).stderr).toContain('the flags were not used; `clara platform restart` with the same flags applies them');
    expect((await statusOf(it)).pid).toBe(pid);
  });

  test('gives its result as JSON for scripts', async () => {
    const it = home();
    const first = JSON.parse((await it.platform([...anyPort, '-o', 'json'])).stdout) as Record<string, unknown>;
    expect(first).toEqual({
      state: 'running', started: true, endpoint: expect.stringMatching(/^127\.0\.0\.1:\d+$/), results: expect.stringMatching(/^127\.0\.0\.1:\d+$/), tls: false, pid: expect.any(Number), version: expect.any(String),
      startedAt: expect.stringMatching(/Z$/), home: join(it.folder, 'platform'), log: join(it.folder, 'platform/server.log'),
    });
    const second = JSON.parse((await it.platform([...anyPort, '-o', 'json'])).stdout) as Record<string, unknown>;
    expect(second).toEqual({ ...first, started: false });
  });

  test('of several at once exactly one server comes out, and all of them report it', async () => {
    const it = home();
    const results = await Promise.all(Array.from({ length: 4 }, () => it.platform([...anyPort, '-o', 'json'])));
    const facts = results.map(({ stdout }) => JSON.parse(stdout) as { started: boolean; pid: number });
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(facts.filter(({ started }) => started)).toHaveLength(1);
    expect(new Set(facts.map(({ pid }) => pid)).size).toBe(1);
  });

  test('while the earlier one is still stopping it waits and then starts', async () => {
    const it = home();
    await it.platform(anyPort);
    const { pid } = (await statusOf(it)) as { pid: number };
    const [stopped, started] = await Promise.all([it.platform(['stop', '-y']), (async () => {
      await vi.waitFor(() => expect(existsSync(join(it.folder, 'platform/server.json'))).toBe(false), { timeout: 20_000, interval: 5 });
      return it.platform([...anyPort, '-o', 'json']);
    })()]);
    expect([stopped.exitCode, started.exitCode]).toEqual([0, 0]);
    const after = JSON.parse(started.stdout) as { started: boolean; pid: number };
    expect(after.started).toBe(true);
    expect(after.pid).not.toBe(pid);
  });

  test('a platform that was killed, its files left behind and its number given to a stranger, blocks nothing', async () => {
    const it = home();
    await it.platform(anyPort);
    const { pid } = (await statusOf(it)) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(processIdentity(pid)).toBeUndefined(), { timeout: 10_000 });
    const stranger = spawn('sleep', ['60']);
    onTestFinished(() => void stranger.kill('SIGKILL'));
    const folder = join(it.folder, 'platform');
    for (const file of ['server.json', 'lock.json']) {
      writeFileSync(join(folder, file), readFileSync(join(folder, file), 'utf8').replace(`"pid":${pid}`, `"pid":${stranger.pid}`));
    }
    expect(await it.platform(['status'])).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('stopped') });
    expect(await it.platform(['stop'])).toMatchObject({ exitCode: 0, stdout: 'Stopping clara...\nclara is not running\n' });
    expect(processIdentity(stranger.pid!)).toBeDefined();
    expect(await it.platform(anyPort)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('NAME:   clara') });
  });

  test('a port in use is one clear error', async () => {
    const { platform, folder } = home();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const result = await platform(['start', '--port', String(port)]);
    expect(result).toMatchObject({ exitCode: 1, stdout: 'Starting clara...\n' });
    expect(result.stderr).toMatch(new RegExp(`^error: .*port ${port}.* in use.*\\nhint: .*--port`));
    expect(existsSync(join(folder, 'platform/server.json'))).toBe(false);
  });

  test('a home that cannot be made is one clear error', async () => {
    const { platform, folder } = home();
    writeFileSync(join(folder, 'file'), '');
    const result = await platform(anyPort, { env: { CLARA_HOME: join(folder, 'file/home') } });
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.stderr).toMatch(/^error: the platform's folder .*file\/home\/platform cannot be made \(.*\)\nhint: .*CLARA_HOME/);
  });

  test('a home that may not be written is one clear error, even for root', async () => {
    const { platform } = home();
    const result = await platform(anyPort, { env: { CLARA_HOME: '/sys/clara' } });
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error: the platform's folder \/sys\/clara\/platform cannot be made \(E.*\)\nhint: .*CLARA_HOME/) });
  });

  test.each([
    [['--timeout-default', 'soon'], 'is not a duration'],
    [['--backend', 'cloud'], 'is not one of auto, process, docker'],
    [['--port', '70000'], 'is not a whole number from 0 to 65535'],
    [['--listen', '0.0.0.0', '--port', '0'], 'can be reached from other machines, which takes TLS (--tls-cert and --tls-key) and a token (--token-file)'],
    [['--tls-cert', 'x.pem', '--port', '0'], '--tls-cert and --tls-key belong together'],
  ])('refuses %j', async (flags, complaint) => {
    const { platform, folder } = home();
    const result = await platform(['start', ...flags]);
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(complaint) });
    expect(existsSync(join(folder, 'platform/server.json'))).toBe(false);
  });

  test('time limits come from values.yaml where the flags say nothing, and a bad value names file and key', async () => {
    const it = home();
    const values = join(it.folder, 'charts/clara/values.yaml');
    mkdirSync(join(values, '..'), { recursive: true });
    writeFileSync(values, 'pipelineTimeoutDefault: soon\n');
    expect(await it.platform(anyPort)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`pipelineTimeoutDefault in ${values}: \`soon\` is not a duration`) });
    writeFileSync(values, 'pipelineTimeoutDefault: 60\npipelineTimeoutMaximum: 120\npipelineTimeoutGrace: 3\nmaxStorageUsagePercentage: 1\nother: {a: 1}\n');
    await it.platform([...anyPort, '--timeout-maximum', '4m']);
    const { pid } = (await statusOf(it)) as { pid: number };
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
    expect(args).toContain('--timeout-default 60 ');
    expect(args).toContain('--timeout-maximum 240 ');
    expect(args).toContain('--timeout-grace 3 ');
    expect((await it.platform(['status'])).stderr).toContain('above the maxStorageUsagePercentage of 1');
  });
});

describe('--foreground', () => {
  test('stays, prints the endpoints, logs to stderr, and ends with 0 on SIGTERM', async () => {
    const it = home();
    let early: (signal: NodeJS.Signals) => void = () => undefined;
    const running = it.platform([...anyPort, '--foreground'], { onSpawn: (child) => { early = (signal) => void child.kill(signal); } });
    await vi.waitFor(async () => expect((await statusOf(it)).state).toBe('running'), { timeout: 30_000 });
    expect(await it.platform([...anyPort, '--foreground'])).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^error: a platform already runs in .* \(process \d+\)\nhint: /) });
    early('SIGTERM');
    const ended = await running;
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^API: {4}127/), stderr: expect.stringContaining('"the platform is ready"') });
    expect((await statusOf(it)).state).toBe('stopped');
  });
});

describe('stop', () => {
  test('returns when the platform is gone, and does nothing where none runs', async () => {
    const it = home();
    await it.platform(anyPort);
    const { pid } = (await statusOf(it)) as { pid: number };
    expect(await it.platform(['stop', '-y'])).toEqual({ exitCode: 0, signal: null, stdout: 'Stopping clara...\nclara is stopped\n', stderr: '' });
    expect(processIdentity(pid)).toBeUndefined();
    expect(await it.platform(['stop', '-y'])).toMatchObject({ exitCode: 0, stdout: 'Stopping clara...\nclara is not running\n' });
    const data = await it.platform(['stop', '-y', '-o', 'json']);
    expect(JSON.parse(data.stdout)).toEqual({ state: 'stopped', home: join(it.folder, 'platform'), stopped: false });
  });
});

test('a platform whose note of the lock was lost is found and stopped', async () => {
  const it = home();
  await it.platform(anyPort);
  const { pid } = (await statusOf(it)) as { pid: number };
  rmSync(join(it.folder, 'platform/lock.json'));
  expect(await statusOf(it)).toMatchObject({ state: 'running', pid });
  rmSync(join(it.folder, 'platform/server.json'));
  expect(await it.platform(['stop', '-y'])).toMatchObject({ exitCode: 0, stdout: 'Stopping clara...\nclara is stopped\n' });
  expect(processIdentity(pid)).toBeUndefined();
});

describe('restart', () => {
  test('keeps the address and the settings, takes new flags, and starts one that does not run', async () => {
    const it = home();
    const first = await it.platform([...anyPort, '--timeout-default', '90']);
    const before = await statusOf(it);
    const again = await it.platform(['restart', '-y', '--cpus', '1']);
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Restarting clara\.\.\.\nNAME: {3}clara\nNote: /) });
    expect(endpointOf(again)).toBe(endpointOf(first));
    const after = await statusOf(it);
    expect(after.pid).not.toBe(before.pid);
    expect(after.results).toBe(before.results);
    const args = readFileSync(`/proc/${String(after.pid)}/cmdline`, 'utf8').split('\0').join(' ');
    expect(args).toContain('--timeout-default 90');
    expect(args).toContain('--cpus 1');
    await it.platform(['stop', '-y']);
    expect(JSON.parse((await it.platform(['restart', '--port', '0', '-o', 'json'])).stdout)).toMatchObject({ state: 'running', restarted: false });
  });
});

describe('status', () => {
  test('says what there is, for people and for programs, and ends with 3 where nothing runs', async () => {
    const it = home();
    const none = await it.platform(['status']);
    expect(none).toMatchObject({ exitCode: 3, stdout: expect.stringMatching(/^STATE: +stopped\nHOME:/) });
    expect(none.stderr).toBe(`error: no platform runs in ${it.folder}/platform\nhint: start it with \`clara platform start\`\n`);
    expect(existsSync(join(it.folder, 'platform'))).toBe(false);
    const started = await it.platform(anyPort);
    const there = await it.platform(['status']);
    expect(there).toMatchObject({ exitCode: 0, stderr: '' });
    expect(there.stdout).toMatch(new RegExp(`^STATE: +running\\nAPI: +${endpointOf(started)}\\nHTTP: +127.0.0.1:\\d+ .Results Service.\\nPID: +\\d+\\nVERSION: +\\S+\\nUPTIME: +\\S+\\nJOBS: +0 running, 0 pending\\n`));
    expect(there.stdout).toMatch(/\nDISK: +.* free .*\nPROCESS: +\S.*\nDOCKER: +(yes|no) \(.+\)\n$/);
    expect(await statusOf(it)).toMatchObject({ state: 'running', endpoint: endpointOf(started), jobs: { running: 0, pending: 0 }, disk: { freeBytes: expect.any(Number) } });
  });

  test('says what operators could run with', async () => {
    const it = home();
    const { backends } = await statusOf(it) as { backends: Record<'process' | 'docker', { usable: boolean }> };
    if (!missing('bwrap')) expect(backends.process).toEqual({ usable: true, with: 'bwrap' });
    expect(backends.docker.usable).toBe(!missing('docker'));
    const bare = await it.platform(['status', '-o', 'json'], { env: { PATH: it.folder } });
    const bareProcess = (JSON.parse(bare.stdout) as { backends: { process: { usable: boolean } } }).backends.process;
    expect(JSON.parse(bare.stdout)).toMatchObject({ backends: {
      // util-linux is searched for in its usual places, too; whether it may be used is the machine's matter.
      process: bareProcess.usable ? { usable: true, with: 'unshare' } : { reason: expect.stringMatching(/^bubblewrap \(bwrap\) is not installed; /) as string },
      docker: { usable: false, reason: 'docker is not installed' },
    } });
  });
});

describe('logs', () => {
  test("prints the platform's log in lines for people, or as it is; follows it through a restart", async () => {
    const it = home();
    expect(await it.platform(['logs'])).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('there is no log') });
    await it.platform(anyPort);
    expect((await it.platform(['logs', '-n', '1'])).stdout).toMatch(/^\S+Z info {2}the platform is ready pid=\d+ grpc=/);
    const [line] = (await it.platform(['logs', '-o', 'json'])).stdout.split('\n');
    expect(JSON.parse(line!)).toMatchObject({ level: 'info' });

    const child = spawn(process.execPath, [join(root, 'bin/clara'), 'platform', 'logs', '--follow', '-n', '1'], { env: { ...process.env, CLARA_HOME: it.folder } });
    onTestFinished(() => void child.kill('SIGKILL'));
    let seen = '';
    child.stdout.on('data', (text: Buffer) => { seen += text.toString(); });
    await vi.waitFor(() => expect(seen).toContain('is ready'), { timeout: 20_000 });
    await it.platform(['restart']);
    await vi.waitFor(() => expect(seen.match(/is ready/g)).toHaveLength(2), { timeout: 20_000 });
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });
});

test("the platform's log is bounded while it runs, and followed across the cut", async () => {
  const it = home();
  const log = join(it.folder, 'platform/server.log');
  mkdirSync(join(log, '..'));
  // Just below the size at which a start would set it aside.
  writeFileSync(log, `${JSON.stringify({ level: 'info', msg: 'old' })}\n`.repeat(362_000).slice(-(10 * 1024 * 1024 - 50)));
  await it.platform(anyPort);
  expect(statSync(`${log}.1`).size).toBeGreaterThan(10 * 1024 * 1024 - 100);
  expect(readFileSync(`${log}.1`, 'utf8').trimEnd().split('\n').at(-1)).toContain('"time"');
  expect(statSync(log).size).toBeLessThan(10_000);
  await it.platform(['stop', '-y']);
  expect((await it.platform(['logs'])).stdout).toContain('the platform has ended');
});

test('the plugin works by itself, too', async () => {
  const { folder } = home();
  const alone = (args: readonly string[]): Promise<Finished> => run(join(root, 'plugins/clara-platform'), args, { env: { CLARA_HOME: folder }, cwd: '/' });
  expect(await alone([...anyPort])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('NAME:   clara') });
  expect(await alone(['stop', '-y'])).toMatchObject({ exitCode: 0 });
  expect(await alone(['begin'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('unknown command `begin`') });
  expect((await alone(['--version'])).stdout).toMatch(/^Clara CLI version: /);
});
