import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { clara, tempDir } from '../../helpers/run.ts';
import { transferPlace } from '../../helpers/transfer-place.ts';

const main = 'api-version: 0.4.0\nname: study\nparameters: {ext: dcm}\noperators:\n- import:\n    path: parts/reader.yaml\n    args: {ext: "${{ ext }}"}\n- name: show\n  container: {image: host, command: [ls, /in]}\n  input: [{from: reader, path: /in}]\n';
const reader = 'api-version: 0.4.0\nname: reader\nparameters: {ext: nii}\ncontainer: {image: host, command: [sh, -c, "ls /in/*.${{ ext }} > /out/list"]}\ninput: [{path: /in}]\noutput: [{path: /out}]\n';

function workspace(files: Readonly<Record<string, string>> = { 'main.yaml': main, 'parts/reader.yaml': reader }) {
  const cwd = folderOf(files);
  return { cwd, run: (...args: string[]) => clara(args, { cwd }) };
}

describe('clara validate with imports', () => {
  test('finds imported files by itself, and is at home in them', async () => {
    const { run } = workspace({ 'sub/main.yaml': main, 'sub/parts/reader.yaml': reader.replace('host', '""') });
    const { exitCode, stdout } = await run('validate', '-p', 'sub/main.yaml');
    expect(exitCode).toBe(2);
    expect(stdout).toBe([
      'error[missing-property]: the container of operator "reader" has no "image"', ' --> sub/parts/reader.yaml:4:13', '  |',
      '4 | container: {image: "", command: [sh, -c, "ls /in/*.${{ ext }} > /out/list"]}', '  |             ^^^^^', '', 'sub/main.yaml: 1 error', '',
    ].join('\n'));
  });

  test('of a pattern, what another definition imports is checked with it only', async () => {
    const { run, cwd } = workspace();
    expect(await run('validate', '-p', '**/*.yaml')).toMatchObject({ exitCode: 0, stdout: 'main.yaml: valid\n' });
    expect(await run('validate', '-p', `${cwd}/**/*.yaml`)).toMatchObject({ exitCode: 0, stdout: `${cwd}/main.yaml: valid\n` });
    expect((await run('validate', '-p', 'parts/reader.yaml')).stdout).toContain('error[no-operators]: this is an operator, not a pipeline\n');
  });

  test('-f names what lies elsewhere', async () => {
    const { run } = workspace({ 'pipelines/main.yaml': main.replace('parts/', '../parts/'), 'parts/reader.yaml': reader });
    expect((await run('validate', '-p', 'pipelines/main.yaml')).stdout).toContain('error[bad-import]: the import path "../parts/reader.yaml" leaves the folder of the definition\n');
    expect(await run('validate', '-p', 'pipelines/main.yaml', '-f', 'parts')).toMatchObject({ exitCode: 0, stdout: 'pipelines/main.yaml: valid\n' });
    expect(await run('validate', '-p', 'pipelines/main.yaml', '-f', 'parts/reader.yaml')).toMatchObject({ exitCode: 0 });
    expect(await run('validate', '-p', 'pipelines/main.yaml', '-f', 'none')).toMatchObject({ exitCode: 2, stderr: 'error: cannot read the definition none (there is no such file)\n' });
  });

  test('a link out of the folder is not followed, and neither is a pipe waited for', async () => {
    const outside = folderOf({ 'secret.yaml': reader });
    const { run, cwd } = workspace({ 'main.yaml': main, 'parts/x': '' });
    symlinkSync(join(outside, 'secret.yaml'), join(cwd, 'parts/reader.yaml'));
    expect((await run('validate', '-p', 'main.yaml')).stdout).toContain('error[bad-import]: the file "parts/reader.yaml" is a link that leads out of the folder of the definition\n');
    const device = workspace({ 'main.yaml': main.replace('parts/reader.yaml', 'x.yaml') });
    symlinkSync('/dev/zero', join(device.cwd, 'x.yaml'));
    expect((await device.run('validate', '-p', 'main.yaml')).exitCode).toBe(2);
    const folder = workspace({ 'main.yaml': main.replace('parts/reader.yaml', 'parts'), 'parts/x': '' });
    expect((await folder.run('validate', '-p', 'main.yaml')).stdout).toContain('error[bad-import]: the file "parts" cannot be read (it is no file)\n');
  });

  test('--schema prints a JSON Schema, and needs no definition', async () => {
    const { exitCode, stdout } = await clara(['validate', '--schema']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', required: ['api-version', 'name', 'operators'] });
    expect(await clara(['validate'])).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: no definition is named\n/) as string });
  });
});

describe('clara graph', () => {
  test('in each form', async () => {
    const { run } = workspace();
    expect((await run('graph', '-p', 'main.yaml')).stdout).toBe('*    reader\n+-*  show    <- reader\n\nlongest chain: reader -> show (2 of 2 operators)\n');
    expect((await run('graph', '-p', 'main.yaml', '-o', 'dot')).stdout).toContain('  "reader" -> "show";\n');
    expect((await run('graph', '-p', 'main.yaml', '-o', 'mermaid')).stdout).toBe('flowchart LR\n  n0["reader"]\n  n1["show"]\n  n0 --> n1\n');
    expect((await run('graph', '-p', 'main.yaml', '-o', 'svg')).stdout).toMatch(/^<svg [^]*<\/svg>\n$/);
    expect(await run('graph', '-p', 'main.yaml', '-o', 'png')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('`png` is not one of dot, mermaid, svg, ascii') as string });
  });

  test('of a definition that is not valid: what is wrong', async () => {
    const { run } = workspace({ 'main.yaml': main.replace('from: reader', 'from: raeder'), 'parts/reader.yaml': reader });
    expect(await run('graph', '-p', 'main.yaml')).toEqual({
      exitCode: 2, signal: null, stdout: '',
      stderr: 'error: the definition main.yaml is not valid\nerror[unknown-operator]: operator "show" reads from "raeder", which is no operator of this pipeline\n  --> main.yaml:10:18\n   |\n'
        + '10 |   input: [{from: raeder, path: /in}]\n   |                  ^^^^^^ did you mean "reader"?\n',
    });
  });
});

describe('clara compile', () => {
  test('makes one file that validates and means the same', async () => {
    const { run, cwd } = workspace();
    expect(await run('compile', '-p', 'main.yaml', '--resolve-imports', '-o', 'new/one.yaml')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(cwd, 'new/one.yaml'), 'utf8')).toContain('- "ls /in/*.${{ ext }} > /out/list"\n');
    expect(await run('validate', '--strict', '-p', 'new/one.yaml')).toMatchObject({ exitCode: 0 });
    expect((await run('compile', '-p', 'main.yaml', '--resolve-imports', '--set', 'EXT=png')).stdout).toContain('- "ls /in/*.png > /out/list"\n');
  });

  test.each([
    ['an invalid definition', 'operators: []', ['-p', 'main.yaml'], /^error: the definition main\.yaml is not valid\nerror\[no-operators\]/],
    ['an unknown name', '', ['-p', 'main.yaml', '--set', 'x=1'], /^error: --set does not fit main\.yaml: "x" is neither/],
    ['a placeholder as a value', '', ['-p', 'main.yaml', '--set', 'ext=${{ x }}'], /^error: --set: the value of ext has a "\$\{\{" in it/],
    ['a file that cannot be written', '', ['-p', 'main.yaml', '-o', 'main.yaml/x'], /^error: main\.yaml\/x cannot be written/],
  ])('%s', async (_, operators, args, stderr) => {
    const { run } = workspace({ 'main.yaml': operators === '' ? main : `api-version: 0.4.0\nname: x\n${operators}\n`, 'parts/reader.yaml': reader });
    const done = await run('compile', ...args);
    expect(done).toMatchObject({ stdout: '', stderr: expect.stringMatching(stderr) as string });
    expect(done.exitCode).toBeGreaterThan(0);
  });
});

describe('definitions of several files and the platform', () => {
  test('imported files go along and come back; update replaces them all', async () => {
    const { run } = await transferPlace();
    const big = `${reader}# ${'x'.repeat(700_000)}\n`;
    const cwd = folderOf({ 'main.yaml': main, 'parts/reader.yaml': big, 'parts/unused.yaml': reader });
    const id = (await run(['create', 'pipelines', '-p', 'main.yaml', '-q'], { cwd })).stdout.trim();
    const details = JSON.parse((await run(['describe', 'pipeline', '-p', id, '-o', 'json'])).stdout) as { definition: unknown; dag: unknown };
    expect(details.definition).toEqual([{ path: 'main.yaml', content: main }, { path: 'parts/reader.yaml', content: big }]);
    expect(details.dag).toEqual([{ name: 'reader', next: [{ name: 'show', next: [] }] }]);
    expect((await run(['describe', 'pipeline', '-p', id, '--graph', 'mermaid'])).stdout).toContain('n0 --> n1\n');
    const elsewhere = folderOf({ 'p/main.yaml': main.replace('parts/', '../parts/'), 'parts/reader.yaml': reader.replace('name: reader', 'name: Reader') });
    expect(await run(['update', 'pipeline', id, '-p', 'p/main.yaml', '-f', 'parts'], { cwd: elsewhere })).toMatchObject({ exitCode: 0 });
    const updated = JSON.parse((await run(['describe', 'pipeline', '-p', id, '-o', 'json'])).stdout) as { definition: { path: string }[]; dag: unknown };
    expect(updated.definition.map(({ path }) => path)).toEqual(['p/main.yaml', 'parts/reader.yaml']);
    expect(updated.dag).toEqual([{ name: 'Reader', next: [{ name: 'show', next: [] }] }]);
    expect(await run(['update', 'pipeline', id, '-f', 'parts'], { cwd: elsewhere })).toMatchObject({ exitCode: 2 });
  });

  test('a file that is named twice is one; two that differ only by case are not sent', async () => {
    const { run } = await transferPlace();
    const cwd = folderOf({ 'main.yaml': main, 'parts/reader.yaml': reader, 'parts/Reader.yaml': reader });
    expect(await run(['create', 'pipelines', '-p', 'main.yaml', '-f', 'main.yaml', '-f', './parts/reader.yaml'], { cwd })).toMatchObject({ exitCode: 0 });
    expect(await run(['create', 'pipelines', '-p', 'main.yaml', '-f', 'parts/Reader.yaml'], { cwd })).toMatchObject({
      exitCode: 2, stderr: 'error: the files "parts/Reader.yaml" and "parts/reader.yaml" of the definition differ only by case\nhint: rename one of them\n',
    });
  });

  test('what is wrong in an imported file is told with its place', async () => {
    const { run } = await transferPlace();
    const cwd = folderOf({ 'main.yaml': main, 'parts/reader.yaml': reader.replace('image: host', 'image: "a b"') });
    const done = await run(['create', 'pipelines', '-p', 'main.yaml'], { cwd });
    expect(done).toMatchObject({ exitCode: 2, stdout: '' });
    expect(done.stderr).toContain('parts/reader.yaml:4:20: error: "a b" is not the name of an image');
  });

  test('a job that needs what the platform does not have is refused when it is started', async () => {
    const { run } = await transferPlace();
    const cwd = folderOf({ 'p.yaml': 'api-version: 0.5.0\nname: typed\noperators:\n- name: a\n  container: {image: host, command: ["true"]}\n  services: [{name: s, container: {image: example/none}}]\n  output: [{name: o, type: u8}]\n' });
    const id = (await run(['create', 'pipelines', '-p', 'p.yaml', '-q'], { cwd })).stdout.trim();
    const job = (await run(['create', 'job', '-n', 'x', '-p', id, '-q'])).stdout.trim();
    const started = await run(['start', 'job', '-j', job]);
    expect(started.exitCode).toBe(1);
    expect(started.stderr).toMatch(/^error: (the image example\/none:latest of service s is not on this machine|service s runs from an image, and docker .*)\n/);
  });
});

describe('clara init', () => {
  test.each([
    ['pipeline', ['lung/operators/count.yaml', 'lung/pipeline.yaml'], 'lung/pipeline.yaml'],
    ['operator', ['lung/operator.yaml', 'lung/try.yaml'], 'lung/try.yaml'],
  ])('%s: makes what validates without a finding', async (kind, files, first) => {
    const { cwd, run } = workspace({});
    const done = await run('init', kind, 'lung');
    expect(done).toMatchObject({ exitCode: 0, stdout: `${files.join('\n')}\n`, stderr: `next: \`clara run -p ${first} -f INPUT -o out/\`\n` });
    for (const file of files) expect(readFileSync(join(cwd, file), 'utf8')).not.toContain('{{NAME}}');
    expect(await run('validate', '--strict', '-p', first)).toMatchObject({ exitCode: 0, stdout: `${first}: valid\n` });
    expect(await run('init', kind, 'lung')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('the folder lung is not empty') as string });
  });

  test.each([['a b', 2, '"a b" has a space at character 2'], ['../x', 2, '"../x" has "." at character 1'], ['file', 1, 'the folder file cannot be made (there is a file of that name)']])('%s', async (name, exitCode, message) => {
    const { run, cwd } = workspace({ file: '' });
    expect(await run('init', 'pipeline', name)).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(message) as string });
    expect(existsSync(join(cwd, '../x'))).toBe(false);
  });

  test.skipIf(missing('bwrap'))('both run', async () => {
    const { run } = await transferPlace();
    const cwd = tempDir();
    await run(['init', 'pipeline', 'lung'], { cwd });
    await run(['init', 'operator', 'smooth'], { cwd });
    const source = folderOf({ 'a.txt': 'one\ntwo\n' });
    expect(await run(['run', '-p', 'lung/pipeline.yaml', '-f', join(source, 'a.txt'), '-o', 'out', '--set', 'title=Files'], { cwd })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(cwd, 'out/count/report.txt'), 'utf8')).toMatch(/^Files\n/);
    expect(await run(['run', '-p', 'smooth/try.yaml', '-f', join(source, 'a.txt'), '-o', 'tried', '--set', 'level=3'], { cwd })).toMatchObject({ exitCode: 0 });
    expect(['a.txt', 'smooth.txt'].map((name) => readFileSync(join(cwd, 'tried/smooth', name), 'utf8'))).toEqual(['one\ntwo\n', 'level 3\n']);
  });
});

test.skipIf(missing('bwrap'))('a typed definition whose types are streams runs', async () => {
  const { run } = await transferPlace();
  const stream = 'type: stream, element-type: text';
  const cwd = folderOf({
    a: 'one\n',
    'p.yaml': `api-version: 0.7.0\nname: streams\noperators:\n- name: copy\n  container: {image: host, command: [cp, /in/a, /out/b]}\n  input: [{name: i, path: /in, ${stream}}]\n  output: [{name: o, path: /out, ${stream}}]\n`
      + `- name: again\n  container: {image: host, command: [cp, /in/b, /out/c]}\n  input: [{from: copy, name: O, path: /in, ${stream}}]\n  output: [{name: o, path: /out, ${stream}}]\n`,
  });
  expect(await run(['run', '-p', 'p.yaml', '-f', 'a', '-o', 'out'], { cwd })).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(cwd, 'out/again/o/c'), 'utf8')).toBe('one\n');
});
