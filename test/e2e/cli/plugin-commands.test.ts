import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clara, root, run as runProgram, tempDir, type RunOptions } from '../../helpers/run.ts';
import { onTerminal } from '../../helpers/terminal.ts';

const hello = '#!/bin/bash\necho "hello from $0"\n';

/** A home, a folder on PATH, a folder to work in, and a `clara` that sees them. */
function place() {
  const [home, onPath, work] = [tempDir(), tempDir(), tempDir()];
  const env = { CLARA_HOME: home, PATH: `${onPath}:${process.env.PATH}`, npm_config_cache: join(work, '.npm'), npm_config_registry: 'http://127.0.0.1:1/' };
  return {
    home, onPath, work, env,
    own: join(home, 'plugins'),
    run: (args: readonly string[], options: RunOptions = {}) => clara(args, { cwd: work, ...options, env: { ...env, ...options.env } }),
  };
}

/** Writes files, those with a `#!` executable. */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    if (text.startsWith('#!')) chmodSync(join(folder, name), 0o755);
  }
}

interface Row { readonly name: string; readonly path: string; readonly warnings: readonly string[]; readonly summary: string | null; readonly bundled: boolean }
const listed = async (run: ReturnType<typeof place>['run']): Promise<Row[]> => JSON.parse((await run(['plugin', 'list', '-o', 'json'])).stdout) as Row[];

describe('clara plugin list', () => {
  test('names, paths, and what keeps a plugin from being run', async () => {
    const { run, own, onPath } = place();
    write(own, { 'clara-hello': hello, 'clara-hello.json': '{"summary": "Say hello"}', 'clara-broken': hello, 'clara-broken.json': '{' });
    write(onPath, { 'clara-hello': hello, 'clara-version-foo': hello, 'clara-help': hello, 'clara-list': hello, 'clara-plain': 'echo', 'clara-': hello, 'clara-foo_bar-baz': hello, 'clara-lost': '#!/no/such/interpreter\n', 'clara-away': '#!/usr/bin/env no-such-interpreter\n' });
    symlinkSync(join(onPath, 'gone'), join(onPath, 'clara-gone'));
    symlinkSync(join(root, 'plugins/clara-platform'), join(onPath, 'clara-platform'));
    mkdirSync(join(onPath, 'clara-folder'));
    const rows = (await listed(run)).map(({ name, path, warnings }) => [name, path, ...warnings]);
    expect(rows).toEqual([
      ['dicom', join(root, 'plugins/clara-dicom')],
      ['platform', join(root, 'plugins/clara-platform')],
      ['wf', join(root, 'plugins/clara-wf')],
      ['broken', join(own, 'clara-broken'), expect.stringMatching(/^clara-broken\.json is not valid JSON/)],
      ['hello', join(own, 'clara-hello')],
      ['clara-', join(onPath, 'clara-'), 'its name stands for no command'],
      ['away', join(onPath, 'clara-away'), 'its interpreter `no-such-interpreter` is not on PATH'],
      ['foo-bar baz', join(onPath, 'clara-foo_bar-baz')],
      ['gone', join(onPath, 'clara-gone'), 'a link to nothing'],
      ['hello', join(onPath, 'clara-hello'), `shadowed by ${join(own, 'clara-hello')}`],
      ['help', join(onPath, 'clara-help'), 'hidden by the built-in `help`'],
      ['list', join(onPath, 'clara-list'), 'hidden by the built-in `list`'],
      ['lost', join(onPath, 'clara-lost'), 'its interpreter /no/such/interpreter does not exist'],
      ['plain', join(onPath, 'clara-plain'), 'not executable'],
      ['version foo', join(onPath, 'clara-version-foo'), 'hidden by the built-in `version`'],
    ]);
    const { stdout } = await run(['plugin', 'list']);
    expect(stdout).toMatch(/^NAME +PATH +WARNING\ndicom +\S+clara-dicom *\nplatform +\S+clara-platform\n/);
    expect(stdout).toMatch(/^plain +\S+clara-plain +not executable$/m);
    expect((await run(['plugin', 'list', '-q'])).stdout).toMatch(/^dicom\nplatform\nwf\nbroken\nhello\n/);
    expect((await run(['plugin', 'list', '-o', 'wide'])).stdout).toMatch(/^hello +\S+ +Say hello$/m);
    expect(await run(['help'])).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Plugins:\n {2}away +see `clara away --help`\n[^]* {2}hello +Say hello\n/m) as string });
  });

  test('a plugin folder that cannot be read is named', async () => {
    const { run, home, onPath } = place();
    symlinkSync('plugins', join(home, 'plugins'));
    expect(await run(['plugin', 'list'])).toMatchObject({ exitCode: 0, stderr: `warning: the plugin folder ${join(home, 'plugins')} cannot be read (a link that leads to itself)\n` });
    expect(await run(['--help'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run(['vesion'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('unknown command') as string });
    symlinkSync('clara-loop', join(onPath, 'clara-loop'));
    expect((await listed(run)).find(({ name }) => name === 'loop')).toMatchObject({ warnings: ['a link to nothing'] });
    rmSync(join(onPath, 'clara-loop'));
    writeFileSync(join(home, 'file'), '');
    expect((await run(['plugin', 'list'], { env: { PATH: `${join(home, 'file')}:${process.env.PATH}` } })).stderr).toContain(`${join(home, 'file')} cannot be read (it is not a folder)`);
  });

  test('without plugins it says so', async () => {
    const { run } = place();
    expect(await run(['plugin', 'list'], { env: { CLARA_NO_PLUGINS: '1' } })).toMatchObject({ exitCode: 0, stdout: 'NAME   PATH   WARNING\n', stderr: expect.stringContaining('CLARA_NO_PLUGINS') as string });
  });
});

describe('clara plugin install and remove', () => {
  test('a program with its sidecar: installed, run, replaced after a question, removed', async () => {
    const { run, own, work, env } = place();
    write(work, { 'clara-hello': hello, 'clara-hello.json': '{"summary": "Say hello"}' });
    // The mode of a downloaded file.
    chmodSync(join(work, 'clara-hello'), 0o644);
    expect(await run(['plugin', 'install', './clara-hello'])).toEqual({ exitCode: 0, signal: null, stdout: `${join(own, 'clara-hello')}\n`, stderr: 'next: `clara hello`\n' });
    expect((await run(['hello'])).stdout).toBe(`hello from ${join(own, 'clara-hello')}\n`);
    expect(await listed(run)).toContainEqual({ name: 'hello', path: join(own, 'clara-hello'), bundled: false, summary: 'Say hello', warnings: [] });

    write(work, { 'clara-hello': '#!/bin/sh\necho second\n' });
    expect(await run(['plugin', 'install', 'clara-hello'])).toMatchObject({ exitCode: 2, stdout: '', stderr: `error: \`Replace ${join(own, 'clara-hello')}?\` cannot be asked (there is no terminal)\nhint: pass -y to answer with yes\n` });
    expect((await run(['hello'])).stdout).toContain('hello from');
    const terminal = onTerminal(process.execPath, [join(root, 'bin/clara'), 'plugin', 'install', join(work, 'clara-hello')], { ...env, CI: '' });
    await terminal.shows('Replace');
    terminal.type('\r');
    await terminal.shows('✔ Yes');
    expect(await terminal.exitCode).toBe(0);
    expect((await run(['hello'])).stdout).toBe('second\n');
    expect(await run(['plugin', 'install', '-y', 'clara-hello'])).toMatchObject({ exitCode: 0 });

    expect(await run(['plugin', 'remove', 'hello'])).toEqual({ exitCode: 0, signal: null, stdout: `${join(own, 'clara-hello')}\n`, stderr: '' });
    expect(readdirSync(own)).toEqual([]);
    expect(await run(['hello'])).toMatchObject({ exitCode: 2 });
  });

  test('a folder is kept whole, and goes with the last of its programs', async () => {
    const { run, own, work } = place();
    const script = '#!/bin/bash\ncat "$(dirname "$(readlink -f "$0")")/words.txt"\n';
    write(join(work, 'tools'), { 'clara-say': script, 'clara-say-more': script, 'clara-say.json': '{"summary": "Says"}', 'words.txt': 'from the folder\n' });
    expect(await run(['plugin', 'install', 'tools'])).toMatchObject({ exitCode: 0, stdout: `${join(own, 'clara-say')}\n${join(own, 'clara-say-more')}\n` });
    expect((await run(['say', 'more'])).stdout).toBe('from the folder\n');
    expect((await listed(run)).find(({ name }) => name === 'say')).toMatchObject({ summary: 'Says', warnings: [] });
    // What is installed again without one of its programs loses that one.
    expect(await run(['plugin', 'remove', 'say', 'more'])).toMatchObject({ exitCode: 0 });
    expect((await run(['say'])).stdout).toBe('from the folder\n');
    expect(await run(['plugin', 'install', '-y', 'tools/'])).toMatchObject({ exitCode: 0 });
    expect(await run(['plugin', 'remove', 'clara-say-more'])).toMatchObject({ exitCode: 0 });
    expect(await run(['plugin', 'remove', 'say'])).toMatchObject({ exitCode: 0 });
    expect([readdirSync(own), readdirSync(join(own, 'packages'))]).toEqual([['packages'], []]);
  });

  test('an npm package, from its folder and from its archive', async () => {
    const { run, own, work, env } = place();
    const folder = join(work, 'greet');
    write(folder, {
      'package.json': JSON.stringify({ name: '@hospital/clara-greet', version: '1.0.0', description: 'Greets', bin: { 'clara-greet': './main.js', other: './main.js' } }),
      'main.js': '#!/usr/bin/env node\nconsole.log("greetings", require("./part.js"), require.main === module, process.argv[1]);\n',
      'part.js': 'module.exports = "from a package";\n',
    });
    expect(await run(['plugin', 'install', folder])).toMatchObject({ exitCode: 0, stdout: `${join(own, 'clara-greet')}\n` });
    expect((await run(['greet'])).stdout).toBe(`greetings from a package true ${join(own, 'clara-greet')}\n`);
    expect((await listed(run)).find(({ name }) => name === 'greet')).toMatchObject({ summary: 'Greets', warnings: [] });
    writeFileSync(join(folder, 'part.js'), 'module.exports = "from an archive";\n');
    expect(await runProgram('npm', ['pack', '--silent', '--pack-destination', work], { cwd: folder, env })).toMatchObject({ exitCode: 0 });
    expect(await run(['plugin', 'install', '-y', 'hospital-clara-greet-1.0.0.tgz'])).toMatchObject({ exitCode: 0 });
    expect((await run(['greet'])).stdout).toContain('greetings from an archive');
    expect(readdirSync(join(own, 'packages'))).toEqual(['package+@hospital+clara-greet']);
    // A program in the place of the package: the package is no longer needed.
    write(work, { 'clara-greet': hello });
    expect(await run(['plugin', 'install', '-y', './clara-greet'])).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(own, 'packages'))).toEqual([]);
    expect((await run(['greet'])).stdout).toContain('hello from');
  });

  test.each<[string, readonly string[], number, RegExp]>([
    ['what is not there', ['./clara-none'], 4, /^error: there is no file and no folder "\.\/clara-none"\n/],
    ['a program of another name', ['hello.sh'], 2, /^error: "hello\.sh" is no name of a plugin\nhint: the name of a plugin begins with `clara-`: rename the file\n/],
    ['a name that stands for no command', ['clara--x'], 2, /^error: "clara--x" is no name of a plugin\n/],
    ['the name of a built-in', ['clara-version-foo'], 2, /^error: a plugin clara-version-foo would never be run: `clara version` is built in\n/],
    ['the name of a bundled plugin', ['clara-platform'], 2, /^error: a plugin clara-platform would never be run: `clara platform` comes with clara\n/],
    ['a folder without plugins', ['empty'], 2, /^error: the folder empty has no program whose name begins with `clara-`, and no package\.json\n/],
    ['a folder whose plugin is not executable', ['plain'], 2, /^error: plain\/clara-plain is not executable\nhint: run `chmod \+x plain\/clara-plain`\n/],
    ['a package without plugins', ['package'], 2, /^error: the package other has no program whose name begins with `clara-`\n/],
    ['a package that is not built', ['unbuilt'], 2, /^error: the package clara-x has no file lib\.js, which is to be clara-x\nhint: it may have to be built first/],
    ['a package that is broken', ['broken'], 1, /^error: npm cannot install \S+broken \(.*JSON.*\)\n/],
    ['a registry that is away', ['clara-from-registry'], 3, /^error: npm cannot install clara-from-registry \(.*127\.0\.0\.1:1.*\)\n/],
  ])('refuses %s, and leaves nothing behind', async (_what, args, exitCode, stderr) => {
    const { run, own, work } = place();
    write(work, { 'hello.sh': hello, 'clara--x': hello, 'clara-version-foo': hello, 'clara-platform': hello });
    write(join(work, 'empty'), { 'readme': '' });
    write(join(work, 'plain'), { 'clara-plain': 'echo' });
    write(join(work, 'package'), { 'package.json': '{"name": "other", "version": "1.0.0", "bin": "x.js"}', 'x.js': '' });
    write(join(work, 'unbuilt'), { 'package.json': '{"name": "clara-x", "version": "1.0.0", "bin": "lib.js"}' });
    write(join(work, 'broken'), { 'package.json': '{' });
    const done = await run(['plugin', 'install', '-y', ...args], { env: { npm_config_fetch_retries: '0' } });
    expect(done).toMatchObject({ exitCode, stdout: '' });
    expect(done.stderr).toMatch(stderr);
    const left = existsSync(own) ? readdirSync(own, { recursive: true }) : [];
    expect(left.filter((name) => name !== 'packages')).toEqual([]);
  });

  test('npm that is missing is named; so is a plugin folder that cannot be written', async () => {
    const { run, home, work } = place();
    write(join(work, 'package'), { 'package.json': '{"name": "other", "version": "1.0.0"}' });
    expect(await run(['plugin', 'install', 'package'], { env: { PATH: tempDir() } })).toMatchObject({ exitCode: 5, stderr: expect.stringMatching(/^error: npm is needed to install the package \S+, and is not on PATH\nhint: npm comes with Node\.js/) as string });
    write(work, { 'clara-hello': hello });
    write(join(work, 'elsewhere'), {});
    writeFileSync(join(home, 'file'), '');
    expect(await run(['plugin', 'install', './clara-hello'], { env: { CLARA_HOME: join(home, 'file') } })).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error: .*file\/plugins.* cannot be /) as string });
  });

  test('a script without its interpreter is installed, with a warning', async () => {
    const { run, work } = place();
    write(work, { 'clara-lost': '#!/no/such/interpreter\n' });
    expect(await run(['plugin', 'install', 'clara-lost'])).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^warning: \S+clara-lost cannot be run: its interpreter \/no\/such\/interpreter does not exist\n/) as string });
  });

  test('remove refuses what it did not install', async () => {
    const { run, own, onPath } = place();
    write(onPath, { 'clara-hello': hello });
    write(own, { 'clara-greet': hello });
    expect(await run(['plugin', 'remove', 'platform'])).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: `clara platform` comes with clara and cannot be removed\n/) as string });
    expect(await run(['plugin', 'remove', 'hello'])).toMatchObject({ exitCode: 2, stderr: `error: ${join(onPath, 'clara-hello')} was not installed by \`clara plugin install\`\nhint: delete the file: \`rm ${join(onPath, 'clara-hello')}\`\n` });
    expect(await run(['plugin', 'remove', 'gret'])).toMatchObject({ exitCode: 4, stderr: `error: there is no plugin clara-gret in ${own}\nhint: did you mean \`clara plugin remove greet\`?\n` });
    expect(await run(['plugin', 'remove', '../x'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is no name of a plugin') as string });
    expect(readdirSync(own)).toEqual(['clara-greet']);
  });
});

describe('clara init plugin', () => {
  test('bash: works as it is, completes its words, is installed', async () => {
    const { run, work } = place();
    expect(await run(['init', 'plugin', 'say-hello'])).toEqual({ exitCode: 0, signal: null, stdout: 'say-hello/clara-say_hello\nsay-hello/clara-say_hello.json\n', stderr: 'next: `clara plugin install say-hello/clara-say_hello`\n' });
    expect((await runProgram(join(work, 'say-hello/clara-say_hello'), ['version'])).stdout).toBe('1.0.0\n');
    expect(await run(['plugin', 'install', 'say-hello/clara-say_hello'])).toMatchObject({ exitCode: 0 });
    expect(await run(['say-hello'])).toMatchObject({ exitCode: 0, stdout: 'hello, world\n' });
    expect(await run(['say-hello', 'nonsense'])).toMatchObject({ exitCode: 2, stderr: 'error: unknown command `nonsense`\n' });
    expect((await run(['help', 'say-hello'])).stdout).toBe('Usage: clara say-hello [version|jobs]\n');
    expect((await run(['--help'])).stdout).toMatch(/^ {2}say-hello +Say hello$/m);
    expect((await run(['__complete', '--', 'say-hello', 'v'])).stdout).toBe('none\nversion\tprint the version\n');
    expect((await run(['__complete', '--', 'say-hello', 'version', ''])).stdout).toBe('none\n');
  });

  test('TypeScript: says that it is not built, is built, installed as a package', async () => {
    const { run, work } = place();
    expect(await run(['init', 'plugin', 'hello', '-l', 'typescript'])).toMatchObject({ exitCode: 0, stderr: 'next: `(cd hello && npm install) && clara plugin install hello/`\n' });
    const folder = join(work, 'hello');
    expect(await runProgram(join(folder, 'clara-hello'), [])).toMatchObject({ exitCode: 1, stderr: 'error: clara-hello is not built\nhint: run `npm install` in its folder\n' });
    // In the place of `npm install`, which needs the registry; it would end with this build.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    expect(await runProgram('npm', ['run', 'build'], { cwd: folder })).toMatchObject({ exitCode: 0 });
    expect(await run(['plugin', 'install', 'hello/'])).toMatchObject({ exitCode: 0 });
    expect(await run(['hello'])).toMatchObject({ exitCode: 0, stdout: 'hello, world\n' });
    expect(await run(['hello', 'nonsense'])).toMatchObject({ exitCode: 2, stderr: 'error: unknown command `nonsense`\n' });
    expect((await run(['__complete', '--', 'hello', 'j'])).stdout).toBe('none\njobs\tcount the jobs of the platform\n');
    expect((await listed(run)).find(({ name }) => name === 'hello')).toMatchObject({ summary: 'Say hello', warnings: [] });
  });

  test.each([
    ['clara-hello', /^error: the name of a plugin is what is typed after `clara`: "hello", not "clara-hello"\n/],
    ['list', /^error: a plugin clara-list would never be run: `clara list` is built in\n/],
    ['platform', /comes with clara/],
    ['a b', /^error: "a b" has a space at character 2/],
    ['../x', /cannot be the name of a plugin/],
  ])('refuses the name %s', async (name, stderr) => {
    const { run, work } = place();
    const done = await run(['init', 'plugin', name]);
    expect(done).toMatchObject({ exitCode: 2, stdout: '' });
    expect(done.stderr).toMatch(stderr);
    expect(readdirSync(work)).toEqual([]);
  });
});

describe('completion', () => {
  test('names of plugins, also of several words, with their summaries', async () => {
    const { run, own, onPath } = place();
    write(own, { 'clara-foo': hello, 'clara-foo.json': '{"summary": "Foo"}', 'clara-foo-bar': hello, 'clara-foo-bar.json': '{"summary": "Bar"}' });
    write(onPath, { 'clara-fob': hello, 'clara-list-x': hello });
    expect((await run(['__complete', '--', 'fo'])).stdout).toBe('none\nfob\tPlugin\nfoo\tFoo\n');
    expect((await run(['__complete', '--', 'foo', ''])).stdout).toBe('none\nbar\tBar\n');
    // One that says nothing of completion is not run; the shell offers files.
    expect((await run(['__complete', '--', 'fob', ''])).stdout).toBe('files\n');
    expect((await run(['__complete', '--', 'plugin', 'remove', ''])).stdout).toBe('none\nfoo\tFoo\nclara-foo-bar\tBar\n');
  });

  test('a plugin that fails, is late or talks nonsense costs no error', async () => {
    const { run, own } = place();
    const json = '{"completion": true}';
    write(own, {
      'clara-fails': '#!/bin/sh\necho word; echo oops >&2; exit 1\n', 'clara-fails.json': json, 'clara-late': '#!/bin/sh\nexec sleep 600\n', 'clara-late.json': json,
      'clara-lost': '#!/no/such/interpreter\n', 'clara-lost.json': json, 'clara-files': '#!/bin/sh\necho :files\n', 'clara-files.json': json,
      'clara-args': '#!/bin/sh\nfor word; do echo "$word"; done\n', 'clara-args.json': json,
    });
    for (const name of ['fails', 'late', 'lost']) expect(await run(['__complete', '--', name, '']), name).toMatchObject({ exitCode: 0, stdout: 'none\n', stderr: '' });
    expect((await run(['__complete', '--', 'files', ''])).stdout).toBe('files\n');
    expect((await run(['__complete', '--', 'args', 'a b', '--x', ''])).stdout).toBe('none\n__complete\t\n--\t\na b\t\n--x\t\n');
  });
});

/** What docs/plugins.md shows is what happens. */
test('the page about plugins, word for word', async () => {
  const { home, onPath, work } = place();
  const page = readFileSync(join(root, 'docs/plugins.md'), 'utf8');
  const script = /```bash clara-hello\n([^]*?)```/.exec(page)![1]!;
  const commands = /```sh hello\n([^]*?)```/.exec(page)![1]!;
  writeFileSync(join(work, 'clara-hello'), script);
  symlinkSync(join(root, 'bin/clara'), join(onPath, 'clara'));
  // Not into the machine's own folder.
  const here = `set -e\nsudo() { "$@"; }\n${commands.replaceAll('/usr/local/bin', onPath)}`;
  const done = await runProgram('bash', ['-c', here], { cwd: work, env: { CLARA_HOME: home, PATH: `${onPath}:${process.env.PATH}` } });
  expect(done).toMatchObject({ exitCode: 0, stdout: 'hello, world\n1.0.0\n', stderr: '' });
  expect([readdirSync(work), existsSync(join(onPath, 'clara-hello'))]).toEqual([[], true]);
});
