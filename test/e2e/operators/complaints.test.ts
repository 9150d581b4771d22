import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run, tempDir } from '../../helpers/run.ts';
import { operator } from './helpers.ts';

const ids = { NVIDIA_CLARA_JOBID: 'j', NVIDIA_CLARA_PIPELINEID: 'p', NVIDIA_CLARA_PAYLOADID: 'l' };

/** Every operator that reads a folder, with what else it has to be told. */
const readers: readonly (readonly [name: string, args: readonly string[]])[] = [
  ...['dicom-parser', 'dicom-reader', 'dicom-writer', 'threshold-segmentation', 'volume-preview'].map((name) => [name, ['--output', 'out']] as const),
  ['register-results', ['--agent', 'a']], ['volume-loader', ['--volume', 'v', '--header', 'h']],
];

test.each(readers)('%s says what is wrong with its folder, and how to name another', async (name, args) => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'file'), '');
  const hint = `hint: --input DIR names the folder; ${name} --help lists every flag\n`;
  for (const [folder, reason] of [['nowhere', 'it does not exist'], ['file', 'it is not a folder']] as const) {
    const result = await operator(name, [...args, '--input', folder], { cwd, env: ids });
    expect(result).toMatchObject({ exitCode: 4, stdout: '', stderr: `error: cannot read folder ${folder} (${reason})\n${hint}` });
  }
});

test('an operator that names its files says the same of them', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'file'), '');
  const selector = ['--rules-base64', '{"selections": []}', '--output', 'out', '--input'];
  for (const [name, args, exitCode, stderr] of [
    ['series-selector', [...selector, 'nowhere'], 4, 'error: no file nowhere/series-images.json\nhint: the input is the output of dicom-parser\n'],
    ['series-selector', [...selector, 'file'], 1, 'error: file/series-images.json cannot be read (a part of the path is a file, not a folder)\nhint: the input is the output of dicom-parser\n'],
    ['volume-smoother', ['--volume', 'file', '--header', 'nowhere', '--output', 'out'], 4, 'error: cannot open nowhere (it does not exist)\n'],
    ['volume-smoother', ['--volume', 'file', '--header', '.', '--output', 'out'], 1, 'error: cannot open . (it is a folder, not a file)\n'],
  ] as const) {
    expect(await operator(name, args, { cwd }), args.join(' ')).toMatchObject({ exitCode, stdout: '', stderr });
  }
});

test('a folder that the user may not read', async () => {
  const folder = tempDir();
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(folder, 0o755);
  chmodSync(closed, 0);
  // Root may read everything.
  const asNobody = process.getuid!() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'] : [];
  const [first, ...rest] = [...asNobody, process.execPath, join(root, 'dist/operators/dicom-reader.js'), '--input', closed, '--output', join(folder, 'out')];
  expect(await run(first!, rest)).toMatchObject({
    exitCode: 4, stdout: '',
    stderr: `error: cannot read folder ${closed} (this user may not read it)\nhint: change its permissions, or run this as a user who may read it\n`,
  });
});
