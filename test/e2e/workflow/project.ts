import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { root, run, tempDir, type RunOptions } from '../../helpers/run.ts';

/** The built `clara-wf`. */
export const wf = (args: readonly string[], options: RunOptions = {}) => run(process.execPath, [join(root, 'bin/clara-wf'), ...args], options);

export interface TestProject {
  readonly folder: string;
  readonly values: string;
  /** Runs `clara-wf` in the project. */
  readonly wf: (...args: readonly string[]) => ReturnType<typeof run>;
}

/** Made once for each file of tests: its volume takes a second. */
let made = '';
beforeAll(async () => {
  made = join(mkdtempSync(join(tmpdir(), 'clara-test-')), 'project');
  expect(await wf(['init', made])).toMatchObject({ exitCode: 0 });
});
afterAll(() => rmSync(join(made, '..'), { recursive: true, force: true }));

/** A project as `init` lays it out, by default in a folder with blanks and letters beyond ASCII in its path. */
export function newProject(name = 'wörk flows/проект'): TestProject {
  const folder = join(tempDir(), name);
  cpSync(made, folder, { recursive: true });
  return { folder, values: join(folder, 'charts/clara-workflow/values.yaml'), wf: (...words) => wf(words, { cwd: folder }) };
}

/** Every path below a folder, with mode and content. */
export function treeOf(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(paths.map((path) => {
    const state = statSync(join(folder, path));
    return [path, `${(state.mode & 0o777).toString(8)} ${state.isFile() ? readFileSync(join(folder, path), 'latin1') : 'folder'}`];
  }));
}
