import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { clara, root, run, tempDir } from '../../helpers/run.ts';
import { keys, onTerminal } from '../../helpers/terminal.ts';

const key = 'c2VjcmV0LWtleS1vZi1uZ2M';

// The key would go into the cluster as well.
beforeEach(() => void vi.stubEnv('KUBECONFIG', '/dev/null/kubeconfig'));

describe('the NGC key', () => {
  test('is stored for its owner only, with the documented output', async () => {
    const home = join(tempDir(), '.clara');
    const finished = await clara(['config', '--key', key, '--orgteam', 'ea-nvidia-clara', '-y'], { env: { CLARA_HOME: home } });
    expect(finished).toMatchObject({ exitCode: 0, stdout: '✔ Yes\nConfiguration "ngc-clara"successfully created\n', stderr: '' });
    expect(readFileSync(join(home, 'ngc-clara.yaml'), 'utf8')).toBe(`key: ${key}\norgteam: ea-nvidia-clara\n`);
    expect(statSync(join(home, 'ngc-clara.yaml')).mode & 0o777).toBe(0o600);
    // The organisation alone can be changed; the key is never shown.
    expect(await clara(['config', '--orgteam', 'nvidia/clara', '--yes'], { env: { CLARA_HOME: home } })).toMatchObject({ exitCode: 0 });
    const { stdout } = await clara(['config', 'view', '--verbose'], { env: { CLARA_HOME: home } });
    expect(stdout).toMatch(/^ngc-clara +nvidia\/clara +file /m);
    expect(stdout).not.toContain(key);
    expect(readFileSync(join(home, 'ngc-clara.yaml'), 'utf8')).toContain(key);
  });

  test.each([
    ['standard input', ['--key', '-'], {}, `${key}\n`],
    ['the environment', [], { NGC_API_KEY: key }, ''],
  ] as const)('comes from %s', async (_where, flags, env, input) => {
    const home = tempDir();
    expect(await clara(['config', ...flags, '-y'], { env: { CLARA_HOME: home, ...env }, input })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(home, 'ngc-clara.yaml'), 'utf8')).toBe(`key: ${key}\norgteam: nvidia/clara\n`);
  });

  test.each([
    ['without a terminal', ['-y'], {}, '', /cannot be asked[^]*hint: pass `--key -`/],
    ['that is not confirmed', ['--key', key], {}, '', /cannot be asked[^]*hint: pass -y/],
    ['that is empty', ['--key', '-', '-y'], {}, '\n', /the NGC key is empty/],
    ['of two lines', ['--key', '-', '-y'], {}, `${key}\nmore\n`, /the NGC key has a blank, a line end/],
    ['for a bad organisation', ['--key', key, '--orgteam', 'a b', '-y'], {}, '', /--orgteam: `a b` is not an organisation and team/],
    ['beside another action', ['view', '--key', key], {}, '', /--key and --orgteam do not go with `config view`/],
  ] as const)('%s is refused, and not repeated in the error', async (_what, flags, env, input, complaint) => {
    const home = join(tempDir(), '.clara');
    const { exitCode, stdout, stderr } = await clara(['config', ...flags, '--verbose'], { env: { CLARA_HOME: home, ...env }, input });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(complaint);
    expect(stderr).not.toContain(key);
    expect(existsSync(home)).toBe(false);
  });

  test('is asked for on a terminal, without an echo, and confirmed', async () => {
    const home = join(tempDir(), '.clara');
    const terminal = onTerminal(process.execPath, [join(root, 'bin/clara'), 'config'], { CLARA_HOME: home, XDG_CACHE_HOME: '/dev/null/cache', NGC_API_KEY: undefined });
    await terminal.shows('NGC API key');
    terminal.type(key + keys.enter);
    await terminal.shows('Create the configuration "ngc-clara" for nvidia/clara?');
    terminal.type(keys.enter);
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.screen()).toContain('Configuration "ngc-clara"successfully created');
    expect(terminal.screen()).not.toContain(key);
    expect(readFileSync(join(home, 'ngc-clara.yaml'), 'utf8')).toContain(key);
  });

  test('Ctrl-C at a question is exit 130 and stores nothing; neither does No', async () => {
    const home = join(tempDir(), '.clara');
    const ask = () => onTerminal(process.execPath, [join(root, 'bin/clara'), 'config', '--key', key], { CLARA_HOME: home, XDG_CACHE_HOME: '/dev/null/cache' });
    const stopped = ask();
    await stopped.shows('Create the configuration');
    stopped.type(keys.ctrlC);
    expect(await stopped.exitCode).toBe(130);
    const declined = ask();
    await declined.shows('Create the configuration');
    declined.type(keys.down + keys.enter);
    expect(await declined.exitCode).toBe(0);
    expect(declined.screen()).toContain('nothing was stored');
    expect(existsSync(home)).toBe(false);
  });

  test.each([
    ['Ctrl-C at the key', [], keys.ctrlC], ['the end of input at the key', [], keys.ctrlD],
    ['Ctrl-C at the choice', ['--key', key], keys.ctrlC], ['the end of input at the choice', ['--key', key], keys.ctrlD],
  ])('%s is exit 130 and one line, and the terminal is as it was', async (_what, flags, pressed) => {
    const home = join(tempDir(), '.clara');
    const terminal = onTerminal(process.execPath, [join(root, 'bin/clara'), 'config', ...flags], { CLARA_HOME: home, XDG_CACHE_HOME: '/dev/null/cache', NGC_API_KEY: undefined });
    await terminal.shows(flags.length === 0 ? 'NGC API key' : 'Create the configuration');
    terminal.type(pressed);
    expect(await terminal.exitCode).toBe(130);
    expect(terminal.screen()).toMatch(/\nerror: interrupted; nothing was changed\n$/);
    expect(terminal.screen()).not.toMatch(/\n +at |node:|Error/);
    expect(terminal.raw().lastIndexOf('\u001b[?25l')).toBeLessThanOrEqual(terminal.raw().lastIndexOf('\u001b[?25h'));
    expect(existsSync(home)).toBe(false);
  });

  test('no question under CI, even on a terminal', async () => {
    const terminal = onTerminal(process.execPath, [join(root, 'bin/clara'), 'config', '--key', key], { CLARA_HOME: tempDir(), CI: 'true', XDG_CACHE_HOME: '/dev/null/cache' });
    expect(await terminal.exitCode).toBe(2);
    expect(terminal.screen()).toContain('cannot be asked');
  });
});

describe('settings', () => {
  test('view shows every value and where it comes from', async () => {
    const home = tempDir();
    const env = { CLARA_HOME: home, CLARA_HOST: 'from-env', GRPC_CHUNK_SIZE: '4096' };
    expect(await clara(['config', 'set', 'timeout', '5s'], { env })).toMatchObject({ exitCode: 0, stdout: '', stderr: `set timeout in ${home}/config.yaml\n` });
    const rows = JSON.parse((await clara(['config', 'view', '--host', 'from-flag:1', '-o', 'json'], { env })).stdout) as { name: string; value: unknown; source: string; origin: string }[];
    expect(Object.fromEntries(rows.map(({ name, value, source, origin }) => [name, [value, source, origin]]))).toMatchObject({
      host: ['from-flag:1', 'flag', '--host'],
      timeout: ['5s', 'file', `${home}/config.yaml`],
      chunkSize: [4096, 'environment', 'GRPC_CHUNK_SIZE'],
      parallelStreams: [8, 'default', 'default'],
      tokenFile: [null, 'default', 'default'],
    });
    expect((await clara(['config', 'view'], { env })).stdout).toMatch(/^NAME +VALUE +SOURCE\nhost +from-env:30031 +environment CLARA_HOST\n/);
    expect(await clara(['config', 'unset', 'timeout'], { env })).toMatchObject({ exitCode: 0, stderr: `removed timeout in ${home}/config.yaml\n` });
    expect(await clara(['config', 'unset', 'timeout'], { env })).toMatchObject({ exitCode: 0, stderr: `timeout was not set in ${home}/config.yaml\n` });
  });

  test.each([
    [['config', 'set'], /missing NAME/],
    [['config', 'set', 'hots', 'x'], /there is no setting `hots`\nhint: did you mean `host`\?/],
    [['config', 'set', 'host', 'http://x'], /host: `http:\/\/x` is not a host/],
    [['config', 'set', 'host'], /missing VALUE/],
    [['config', 'show'], /does not know `show`/],
    [['config', 'view', '--config', '/nonexistent.yaml'], /\/nonexistent\.yaml cannot be read \(it does not exist\)/],
  ])('%j is refused', async (args, complaint) => {
    const { exitCode, stdout, stderr } = await clara(args, { env: { CLARA_HOME: tempDir() } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(complaint);
  });
});

test('an old Node.js gets a sentence, not a stack', async () => {
  const folder = tempDir();
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(folder, 'old.cjs'), 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.19.1" } });\n');
  const { exitCode, stdout, stderr } = await run(process.execPath, ['-r', join(folder, 'old.cjs'), join(root, 'bin/clara'), 'version']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
  expect(stderr).toMatch(/^error: clara needs Node\.js 20\.19 or newer \(this is 18\.19\.1[^]*hint: /);
});
