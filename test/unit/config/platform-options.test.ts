import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPlatformCommandLine, readyDescriptor } from '../../../src/config/platform-options.ts';

const read = (args: string[], env: NodeJS.ProcessEnv = {}) => readPlatformCommandLine(args, env);

test('without flags: the documented defaults', () => {
  expect(read([])).toEqual({
    home: join(homedir(), '.clara/platform'), listen: '127.0.0.1', port: 30031, insecure: false, backend: 'auto', capacity: {},
    limits: { defaultMs: 600_000, maximumMs: 1_800_000, graceMs: 15_000 }, serviceMs: 120_000, results: { leaseMs: 1_800_000, retainMs: 604_800_000, removePayloads: false },
    environment: expect.anything() as unknown,
  });
});

test('every flag', () => {
  const line = '--home /h --listen [::1] --port 0 --backend docker --cpus 2.5 --memory 4096 --gpus 0 --timeout-default 1 --timeout-maximum 2 --timeout-grace 0 --service-timeout 30 --triton-image triton:1 --max-storage-percent 80 --tls-cert /c --tls-key /k --token-file /t --insecure --results-port 8089 --results-lease 0 --results-retain 60 --results-remove-payloads';
  expect(read(line.split(' '), { PATH: '/bin', LANG: 'de_DE.UTF-8' })).toEqual({
    home: '/h', listen: '::1', port: 0, insecure: true, backend: 'docker', capacity: { cpus: 2.5, memoryMb: 4096, gpus: 0 },
    limits: { defaultMs: 1000, maximumMs: 2000, graceMs: 0 }, serviceMs: 30_000, results: { port: 8089, leaseMs: 0, retainMs: 60_000, removePayloads: true }, tritonImage: 'triton:1', maxStoragePercent: 80, tls: { certFile: '/c', keyFile: '/k' }, tokenFile: '/t',
    environment: expect.objectContaining({ host: { PATH: '/bin', LANG: 'de_DE.UTF-8' } }) as unknown,
  });
});

test('whoever leaves the port to chance leaves both', () => {
  expect(read(['--port', '0']).results.port).toBe(0);
  expect(read(['--port', '30032']).results.port).toBeUndefined();
});

test('CLARA_HOME moves the home', () => {
  expect(read([], { CLARA_HOME: '/srv/clara' }).home).toBe('/srv/clara/platform');
});

describe('bad flags are named', () => {
  test.each([
    [['--port', '65536'], '--port'],
    [['--port', '-1'], '--port'],
    [['--port', 'x'], '--port'],
    [['--port', ''], '--port'],
    [['--port', '1.5'], '--port'],
    [['--cpus', '0'], '--cpus'],
    [['--memory', '1e400'], '--memory'],
    [['--gpus', '0.5'], '--gpus'],
    [['--timeout-default', '0'], '--timeout-default'],
    [['--service-timeout', '0'], '--service-timeout'],
    [['--backend', 'podman'], '--backend'],
    [['--tls-cert', '/c'], '--tls-key'],
    [['--max-storage-percent', '101'], '--max-storage-percent'],
    [['--nope'], '--nope'],
    [['stray'], 'stray'],
  ])('%j', (args, name) => {
    let thrown: unknown;
    try {
      read(args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ kind: 'usage', message: expect.stringContaining(name) as unknown });
  });
});

test.each([['3', 3], [undefined, undefined], ['', undefined], ['x', undefined], ['-1', undefined]])('CLARA_READY_FD %j is %j', (text, fd) => {
  expect(readyDescriptor({ CLARA_READY_FD: text })).toBe(fd);
});
