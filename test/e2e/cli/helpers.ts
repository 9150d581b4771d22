import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startServer, type TestServer } from '../../helpers/platform.ts';
import { clara, tempDir, type Finished, type RunOptions } from '../../helpers/run.ts';

export type Run = (args: readonly string[], options?: RunOptions) => Promise<Finished>;

/** `clara` with a home of its own, against one platform. */
export function against(target: string, home = tempDir()): Run {
  return (args, options = {}) => clara(args, { ...options, env: { CLARA_HOME: home, CLARA_HOST: target, ...options.env } });
}

/** A real platform and a `clara` for it. */
export async function platform(args: readonly string[] = []): Promise<{ readonly server: TestServer; readonly run: Run }> {
  const server = await startServer({ args: ['--backend', 'process', ...args] });
  return { server, run: against(server.target) };
}

/** Runs a command that must succeed without a word on stderr, and returns what it printed. */
export async function ok(finished: Promise<Finished>): Promise<string> {
  const { exitCode, stdout, stderr } = await finished;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

/** The first line's id. */
export function idIn(text: string): string {
  return /[0-9a-f]{32}/.exec(text)![0];
}

/** Replaces what differs from run to run: ids in the order in which they appear, times, seconds. */
export function normalised(text: string): string {
  const ids = new Map<string, string>();
  return text
    .replace(/[0-9a-f]{32}/g, (id) => {
      if (!ids.has(id)) ids.set(id, `<id-${ids.size + 1}>`.padEnd(32, '.'));
      return ids.get(id)!;
    })
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z/g, '<time.............Z>')
    .replace(/\(\d{10}\)/g, '(<seconds>)')
    .replace(/\b\d+s\b/g, '<n>s')
    .replaceAll(/( +)$/gm, '');
}

/** A definition with one operator that runs a shell command on the host. */
export function definition(name: string, command: string, parameters: Readonly<Record<string, string>> = {}): string {
  const declared = Object.entries(parameters).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`).join('');
  return `api-version: 0.4.0
name: ${name}
${declared === '' ? '' : `parameters:\n${declared}`}operators:
- name: work
  container:
    image: host
    command: ["sh", "-c", ${JSON.stringify(command)}]
  input:
  - path: /input
  output:
  - path: /output
`;
}

/** Writes a definition into a folder of its own and returns its path. */
export function definitionFile(name: string, command: string, parameters: Readonly<Record<string, string>> = {}): string {
  const file = join(tempDir(), `${name}.yaml`);
  writeFileSync(file, definition(name, command, parameters));
  return file;
}

/** Registers such a pipeline and returns its id. */
export async function pipeline(run: Run, name: string, command: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await ok(run(['create', 'pipelines', '-p', definitionFile(name, command, parameters), '-q']))).trim();
}

/** Waits until a condition holds. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(`not within 30 s: ${what}`);
}
