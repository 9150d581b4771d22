import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { root, run, tempDir, type RunOptions } from '../../helpers/run.ts';

/** The built `clara-wf`. */
export const wf = (args: readonly string[], options: RunOptions = {}) => run(process.execPath, [join(root, 'bin/clara-wf'), ...args], options);

export interface TestProject {
  readonly folder: string;
  readonly values: string;
  /** Runs `clara-wf` in the project. */
  readonly wf: (...args: readonly string[]) => ReturnType<typeof run>;
}

/** A fresh project, by default in a folder with blanks and letters beyond ASCII in its path. */
export async function newProject(name = 'wörk flows/проект', args: readonly string[] = []): Promise<TestProject> {
  const folder = join(tempDir(), name);
  expect(await wf(['init', folder, ...args])).toMatchObject({ exitCode: 0 });
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
