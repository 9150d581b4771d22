import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

export const root = resolve(import.meta.dirname, '../..');
export const ctHead = resolve(root, '../shared/data/ct-head');

export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
  /** Called once the process runs, for instance to send it a signal. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

/** A temporary folder that is deleted when the test ends. */
export function tempDir(prefix = 'clara-test-'): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program to its end and returns what it printed; never throws for an exit code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolveRun, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: cleanEnv(options.env), stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (exitCode, signal) =>
      resolveRun({ exitCode, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    options.onSpawn?.(child);
  });
}

/** Runs the built `clara` with a home of its own (CLARA_HOME must be in env, or the test's user home is protected by a dead one). */
export function clara(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [join(root, 'bin/clara'), ...args], options);
}

function cleanEnv(extra: RunOptions['env']): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, CLARA_HOME: '/dev/null/clara-home', XDG_CACHE_HOME: join(root, 'out/test-cache'), NO_COLOR: '1' };
  for (const name of ['CLARA_HOST', 'CLARA_CONFIG', 'CLARA_TOKEN_FILE', 'CLARA_TLS_CA', 'CLARA_TIMEOUT', 'FORCE_COLOR']) delete env[name];
  return { ...env, ...extra };
}
