import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run, tempDir, type Finished, type RunOptions } from './run.ts';

/** Runs the built `clara-wf`. */
export function claraWf(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [join(root, 'bin/clara-wf'), ...args], options);
}

/** Stages of a workflow by name: what each runs in busybox, in a shell. */
export type Scripts = Readonly<Record<string, string>>;

export interface TestProject {
  readonly folder: string;
  /** Runs clara-wf in it. */
  wf(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Writes a file below it. */
  write(path: string, content: string): void;
  /** Replaces a text in one of its files; it has to be there. */
  edit(path: string, from: string, to: string): void;
  read(path: string): string;
}

export const valuesFile = 'charts/clara-workflow/values.yaml';

/** A workflow project as `init` makes it, in a temporary folder with a name. */
export async function testProject(name = 'project'): Promise<TestProject> {
  const folder = join(tempDir(), name);
  const wf = (args: readonly string[], options: RunOptions = {}) => claraWf(['-C', folder, ...args], options);
  succeeded(await claraWf(['init', folder, '--base', 'node-base:local']));
  const path = (file: string) => join(folder, file);
  const read = (file: string) => readFileSync(path(file), 'utf8');
  const write = (file: string, content: string) => {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), content);
  };
  return {
    folder, wf, read, write,
    edit: (file, from, to) => {
      const text = read(file);
      if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
      write(file, text.replace(from, () => to));
    },
  };
}

/** …with a workflow `w` of such stages, and a file `a` as input of the first for a job. */
export async function scriptProject(scripts: Scripts, job: string, image = 'busybox:local'): Promise<TestProject> {
  const project = await testProject();
  for (const [name, script] of Object.entries(scripts)) succeeded(await project.wf(['cs', name, '--image', image, '--command', 'sh', '--command', '-c', '--command', script]));
  succeeded(await project.wf(['cw', 'w', ...Object.keys(scripts)]));
  project.write(`test-data/${job}/${Object.keys(scripts)[0]!}/input/a`, 'hello\n');
  return project;
}

export function succeeded(result: Finished): Finished {
  if (result.exitCode !== 0) throw new Error(`exit code ${result.exitCode}\n${result.stdout}\n${result.stderr}`);
  return result;
}
