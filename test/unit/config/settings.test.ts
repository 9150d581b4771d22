import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changeConfigFile } from '../../../src/config/config-file.ts';
import { parseHost } from '../../../src/config/host.ts';
import { readNgcAccess, writeNgcAccess } from '../../../src/config/ngc.ts';
import { loadSettings, pluginEnvironment, pluginFolders, terminalWishes } from '../../../src/config/settings.ts';
import { ClaraError } from '../../../src/core/errors.ts';
import { tempDir } from '../../helpers/run.ts';

test.each([
  ['10.0.0.1', '10.0.0.1:30031'],
  ['clara.example.org', 'clara.example.org:30031'],
  ['clara.example.org:50051', 'clara.example.org:50051'],
  [' localhost:1 ', 'localhost:1'],
  ['node_1', 'node_1:30031'],
  ['::1', '[::1]:30031'],
  ['[::1]', '[::1]:30031'],
  ['[fe80::1%eth0]:31', '[fe80::1%eth0]:31'],
  ['2001:db8::7', '[2001:db8::7]:30031'],
])('the host %s is %s', (text, target) => {
  expect(parseHost(text, '--host')).toBe(target);
});

test.each([
  ['', 'is not a host'],
  ['http://localhost:30031', 'is not a host'],
  ['localhost:', 'is not a host'],
  ['localhost:abc', 'is not a host'],
  ['local host', 'is not a host'],
  ['-rf', 'is not a host'],
  ['localhost:0', 'no valid port'],
  ['localhost:65536', 'no valid port'],
  ['[::1]:99999', 'no valid port'],
])('the host "%s" is refused: %s', (text, why) => {
  expect(() => parseHost(text, '--host')).toThrow(why);
  expect(() => parseHost(text, '--host')).toThrow(ClaraError);
});

describe('settings', () => {
  function home(config?: string): string {
    const folder = tempDir();
    if (config !== undefined) writeFileSync(join(folder, 'config.yaml'), config);
    return folder;
  }

  test('flag over environment over file over default, each with its source', async () => {
    const folder = home('host: from-file\ntimeout: 5s\nparallelStreams: 3\n');
    const file = join(folder, 'config.yaml');
    const env = { CLARA_HOME: folder, CLARA_HOST: 'from-env:1', CLARA_TIMEOUT: '7' };
    const { resolved, host, timeoutMs } = await loadSettings({ host: 'from-flag' }, env);
    expect({ host, timeoutMs }).toEqual({ host: 'from-flag:30031', timeoutMs: 7000 });
    expect(resolved.host).toEqual({ value: 'from-flag:30031', source: 'flag', origin: '--host' });
    expect(resolved.timeout).toEqual({ value: 7000, source: 'environment', origin: 'CLARA_TIMEOUT' });
    expect(resolved.parallelStreams).toEqual({ value: 3, source: 'file', origin: file });
    expect(resolved.chunkSize).toEqual({ value: 1024 * 1024, source: 'default', origin: 'default' });
    expect((await loadSettings({}, env)).host).toBe('from-env:1');
    expect((await loadSettings({}, { CLARA_HOME: folder })).host).toBe('from-file:30031');
    expect((await loadSettings({}, { CLARA_HOME: home() })).host).toBe('localhost:30031');
  });

  test('an empty variable is as good as none', async () => {
    expect((await loadSettings({}, { CLARA_HOME: home(), CLARA_HOST: '', CLARA_TIMEOUT: '', CLARA_CONFIG: '' })).host).toBe('localhost:30031');
  });

  test('an unknown key warns with the nearest known one and changes nothing', async () => {
    const { warnings, host } = await loadSettings({}, { CLARA_HOME: home('hots: x\nwhatever: 1\n') });
    expect(host).toBe('localhost:30031');
    expect(warnings.map((line) => line.replace(/^.*config.yaml: /, ''))).toEqual(['unknown setting `hots`; did you mean `host`?', 'unknown setting `whatever`']);
  });

  test.each([
    ['timeout: soon\n', /timeout in .*config\.yaml: `soon` is not a duration/],
    ['chunkSize: 12\n', /chunkSize in .*: `12` is not a whole number from 1024 to 4193792/],
    ['host: [a, b]\n', /host in .* must be a single value/],
    ['- host\n', /must hold `key: value` lines/],
    ['host: "a\n', /not valid YAML .*config\.yaml:\d+:\d+/],
    ['host: a\nhost: b\n', /not valid YAML .*duplicated/],
  ])('the file %j is refused with its place', async (text, why) => {
    await expect(loadSettings({}, { CLARA_HOME: home(text) })).rejects.toThrow(why);
  });

  test('values of variables are named by the variable', async () => {
    await expect(loadSettings({}, { CLARA_HOME: home(), GRPC_PARALLEL_STREAMS: '65' })).rejects.toThrow('GRPC_PARALLEL_STREAMS: `65` is not a whole number from 1 to 64');
  });

  test('a settings file that the user named must exist, the usual one need not', async () => {
    const folder = home();
    await expect(loadSettings({ config: join(folder, 'other.yaml') }, { CLARA_HOME: folder })).rejects.toThrow(/other\.yaml cannot be read \(it does not exist\)/);
    await expect(loadSettings({}, { CLARA_HOME: folder, CLARA_CONFIG: join(folder, 'env.yaml') })).rejects.toThrow(/env\.yaml cannot be read/);
    // What a plugin is told is the usual one, there or not.
    await loadSettings({}, { CLARA_HOME: folder, CLARA_CONFIG: join(folder, 'config.yaml') });
  });

  test('set and unset change one key and keep the rest, comments included', async () => {
    const file = join(home('# our platform\nhost: a # the old one\ntimeout: 5\n'), 'config.yaml');
    expect(await changeConfigFile(file, 'host', 'b:1')).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('# our platform\nhost: b:1 # the old one\ntimeout: 5\n');
    expect(await changeConfigFile(file, 'host', undefined)).toBe(true);
    expect(await changeConfigFile(file, 'host', undefined)).toBe(false);
    expect(readFileSync(file, 'utf8')).toContain('timeout: 5\n');
    expect(await changeConfigFile(file, 'timeout', undefined)).toBe(true);
    expect((await loadSettings({ config: file }, {})).host).toBe('localhost:30031');
  });

  test('set makes the folder and the file', async () => {
    const file = join(tempDir(), 'deep', 'config.yaml');
    await changeConfigFile(file, 'host', 'x');
    expect(readFileSync(file, 'utf8')).toBe('host: x\n');
  });
});

test('plugins inherit the environment and learn what is in force', async () => {
  const folder = tempDir();
  const env = { CLARA_HOME: folder, PATH: '/bin', OTHER: 'kept', GONE: undefined };
  const settings = await loadSettings({}, env);
  expect(pluginEnvironment('/opt/clara/bin/clara', settings, env)).toEqual({
    CLARA_HOME: folder, PATH: '/bin', OTHER: 'kept',
    CLARA_BIN: '/opt/clara/bin/clara', CLARA_CONFIG: join(folder, 'config.yaml'), CLARA_HOST: 'localhost:30031',
  });
});

test('plugins are looked for in the package, at home, then on PATH; CLARA_NO_PLUGINS turns them off', () => {
  const env = { CLARA_HOME: '/h', PATH: '/a::/b' };
  expect(pluginFolders('/package/plugins', env)).toEqual(['/package/plugins', '/h/plugins', '/a', '/b']);
  expect(pluginFolders('/package/plugins', { ...env, CLARA_NO_PLUGINS: '1' })).toEqual([]);
});

test.each([
  [{}, { noColor: false, unattended: false }],
  [{ NO_COLOR: '1' }, { noColor: true, unattended: false }],
  [{ NO_COLOR: '' }, { noColor: false, unattended: false }],
  [{ CI: 'true' }, { noColor: true, unattended: true }],
  [{ TERM: 'dumb' }, { noColor: true, unattended: true }],
])('with %j the terminal may be used so: %j', (env, wishes) => {
  expect(terminalWishes(env)).toEqual(wishes);
});

test('the NGC key is stored for its owner alone and comes back', async () => {
  const folder = join(tempDir(), '.clara');
  expect(await readNgcAccess(folder)).toBeUndefined();
  await writeNgcAccess(folder, { key: '0123', orgteam: 'nvidia/clara' });
  const [file] = [join(folder, 'ngc-clara.yaml')];
  expect(statSync(file).mode & 0o777).toBe(0o600);
  // A key of digits only stays text.
  expect(await readNgcAccess(folder)).toEqual({ key: '0123', orgteam: 'nvidia/clara' });
});

test('a broken key file is reported without its content', async () => {
  const folder = tempDir();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ngc-clara.yaml'), 'key: "SECRET\n');
  const failure = await readNgcAccess(folder).then(() => undefined, (thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ClaraError);
  const { message, hint, details, cause, stack } = failure as ClaraError;
  expect(JSON.stringify([message, hint, details, cause, stack])).not.toContain('SECRET');
});
