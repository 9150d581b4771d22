import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clara, root, tempDir } from '../../helpers/run.ts';

const good = 'api-version: 0.4.0\nname: good\nvariables: {MODE: fast}\nparameters: {GPUS: 1}\noperators:\n- name: only\n  container: {image: host, command: ["true"]}\n  requests: {gpu: "${{ GPUS }}"}\n';
const doubtful = good.replace('variables', 'variabels');
const bad = good.replace('image: host', 'image: ""').replace('name: only', 'name: on ly');

/** A folder with the definitions and a function that runs clara in it. */
function workspace(files: Readonly<Record<string, string | Buffer>>) {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'more'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return (...args: string[]) => clara(['validate', ...args], { cwd });
}

test('the bundled pipelines have no finding at all, except that services are deprecated', async () => {
  const { exitCode, stdout, stderr } = await clara(['validate', '--strict', '-p', 'templates/pipelines/{bone,ct,job}-*.yaml'], { cwd: root });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const name of ['bone-and-air', 'ct-threshold', 'job-values']) expect(stdout).toContain(`templates/pipelines/${name}.yaml: valid\n`);
});

test('all findings of a definition are printed with their places, and the exit status is 2', async () => {
  const validate = workspace({ 'bad.yaml': bad });
  expect(await validate('-p', 'bad.yaml')).toEqual({
    exitCode: 2,
    signal: null,
    stdout: [
      'error[bad-name]: the name of operator 1, "on ly", has a space at character 3; letters A-Z and a-z, digits, "-" and "_" are allowed',
      ' --> bad.yaml:6:9',
      '  |',
      '6 | - name: on ly',
      '  |         ^^^^^',
      '',
      'error[missing-property]: the container of operator "on ly" has no "image"',
      ' --> bad.yaml:7:15',
      '  |',
      '7 |   container: {image: "", command: ["true"]}',
      '  |               ^^^^^',
      '',
      'bad.yaml: 2 errors',
      '',
    ].join('\n'),
    stderr: 'error: the definition is not valid (2 errors)\n',
  });
});

test('a warning leaves a definition valid, unless --strict takes it for an error', async () => {
  const validate = workspace({ 'doubtful.yaml': doubtful });
  const lax = await validate('-p', 'doubtful.yaml');
  expect(lax).toMatchObject({ exitCode: 0, stderr: '' });
  expect(lax.stdout).toContain('warning[unknown-property]: the pipeline has no property "variabels"; it is ignored\n');
  expect(lax.stdout).toContain('^^^^^^^^^ did you mean "variables"?\n\ndoubtful.yaml: valid, 1 warning\n');
  const strict = await validate('--strict', '-p', 'doubtful.yaml');
  expect(strict).toMatchObject({ exitCode: 2, stderr: 'error: the definition is not valid (1 error, warnings included)\n' });
  expect(strict.stdout).toContain('error[unknown-property]');
});

test('a pattern, a repeated flag and further words name definitions, each once', async () => {
  const validate = workspace({ 'a.yaml': good, 'b.yaml': bad, 'more/c.yaml': good, 'more/no.txt': '', '[odd].yaml': good });
  const { exitCode, stdout, stderr } = await validate('-p', '**/*.yaml', '-p', 'a.yaml', '[odd].yaml');
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: 'error: 1 of 4 definitions are not valid (2 errors)\n' });
  expect(stdout.split('\n').filter((line) => /^\S*\.yaml: /.test(line))).toEqual(['[odd].yaml: valid', 'a.yaml: valid', 'b.yaml: 2 errors', 'more/c.yaml: valid']);
});

test('-o json is an array of definitions with their findings, and nothing else', async () => {
  const validate = workspace({ 'a.yaml': good, 'b.yaml': doubtful });
  const { exitCode, stdout, stderr } = await validate('-p', '*.yaml', '-o', 'json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual([
    { file: 'a.yaml', valid: true, findings: [] },
    { file: 'b.yaml', valid: true, findings: [{
      code: 'unknown-property', severity: 'warning', message: 'the pipeline has no property "variabels"; it is ignored', file: 'b.yaml',
      line: 3, column: 1, length: 9, property: 'variabels', help: 'did you mean "variables"?',
    }] },
  ]);
});

test('--set checks with a job\'s values', async () => {
  const validate = workspace({ 'a.yaml': good });
  expect(await validate('-p', 'a.yaml', '--set', 'gpus=2', '--set', 'MODE=slow')).toMatchObject({ exitCode: 0, stdout: 'a.yaml: valid\n' });
  const broken = await validate('-p', 'a.yaml', '--set', 'GPUS=many');
  expect(broken.exitCode).toBe(2);
  expect(broken.stdout).toContain('error[bad-request]: the request for gpu must be a number of whole devices, not "many"\n');
  expect(await validate('-p', 'a.yaml', '--set', 'GPU=2')).toMatchObject({
    exitCode: 2, stdout: '', stderr: 'error: --set does not fit a.yaml: "GPU" is neither a parameter nor a variable of the pipeline\nhint: did you mean "GPUS"?\n',
  });
});

test('a dash is standard input', async () => {
  expect(await clara(['validate', '-p', '-'], { input: good })).toMatchObject({ exitCode: 0, stdout: '-: valid\n', stderr: '' });
  expect((await clara(['validate', '-p', '-'], { input: bad })).stdout).toContain(' --> -:6:9\n');
});

test('what cannot be read is named, with the reason', async () => {
  const validate = workspace({ 'latin.yaml': Buffer.from('name: caf\xe9\n', 'latin1'), 'utf16.yaml': Buffer.from('name: x\n', 'utf16le'), 'huge.yaml': '#'.repeat(5 * 1024 * 1024) });
  expect(await validate('-p', 'none.yaml')).toMatchObject({ exitCode: 2, stdout: '', stderr: 'error: cannot read the definition none.yaml (there is no such file)\n' });
  expect(await validate('-p', 'more')).toMatchObject({ exitCode: 2, stderr: 'error: cannot read the definition more (it is a folder)\nhint: name the YAML file in it\n' });
  expect(await validate('-p', '*.yml')).toMatchObject({ exitCode: 2, stderr: 'error: no file matches *.yml\nhint: put the pattern in quotes, so that it is not expanded by the shell\n' });
  expect((await validate('-p', 'latin.yaml')).stdout).toContain('error[not-utf8]: the file is not valid UTF-8; a character was lost here\n --> latin.yaml:1:10\n');
  expect((await validate('-p', 'utf16.yaml')).stdout).toContain('error[not-text]: the file is UTF-16; a definition is UTF-8 text\n');
  expect((await validate('-p', 'huge.yaml')).stdout).toContain('error[too-large]: the definition is larger than 4 MiB (4194304 bytes)\n');
});
