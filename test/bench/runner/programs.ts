import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { Connection } from '../../../src/api/client.ts';
import { parseReadyMessage } from '../../../src/core/server-home.ts';
import { type Workspace } from './workspace.ts';

/** The project; .config/bench.mjs goes there. */
export const root = process.cwd();
const clara = join(root, 'bin/clara');
const server = join(root, 'dist/platform-server.cjs');
const peerProgram = join(root, 'node_modules/.bench/peer.mjs');

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface Finished {
  /** Milliseconds from the start of the process to its end. */
  readonly ms: number;
  readonly stdout: string;
  /** The most memory that it had at once (VmHWM), in MB; looked at every few milliseconds. */
  readonly peakMb: number;
}

/** Runs a program to its end; one that fails is an error. */
export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { ...(options.cwd === undefined ? {} : { cwd: options.cwd }), env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, ms, peakMb] = ['', '', 0, 0];
    const sample = setInterval(() => { peakMb = Math.max(peakMb, peakMemory(child.pid!) ?? 0); }, 20);
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.once('error', reject);
    child.once('exit', () => { ms = performance.now() - started; });
    child.once('close', (code) => {
      clearInterval(sample);
      if (code === 0) resolve({ ms, stdout, peakMb });
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.slice(-2000)}`));
    });
  });
}

/** Peak memory of a process in MB, or undefined where it is gone or the system does not say. */
export function peakMemory(pid: number): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? undefined : Number(found[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** The built command line with a home of its own. */
export class Clara {
  readonly env: Readonly<Record<string, string | undefined>>;

  constructor(workspace: Workspace, host?: string) {
    this.env = {
      CLARA_HOME: workspace.makeFolder('home'), XDG_CACHE_HOME: workspace.makeFolder('cache'), CLARA_HOST: host,
      CLARA_CONFIG: undefined, CLARA_TOKEN_FILE: undefined, CLARA_TIMEOUT: undefined, GRPC_CHUNK_SIZE: undefined, GRPC_PARALLEL_STREAMS: undefined, NO_COLOR: '1',
    };
  }

  run(...args: readonly string[]): Promise<Finished> {
    return runProgram(process.execPath, [clara, ...args], { env: this.env });
  }

  /** Milliseconds until the first line that a command prints that passes the test; the command then goes on to its end. */
  async untilLine(isIt: (line: string) => boolean, ...args: readonly string[]): Promise<number> {
    const started = performance.now();
    const child = spawn(process.execPath, [clara, ...args], { env: { ...process.env, ...this.env }, stdio: ['ignore', 'pipe', 'ignore'] });
    let found: number | undefined;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (found !== undefined) return;
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      if (lines.some(isIt)) found = performance.now() - started;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (found === undefined || code !== 0) throw new Error(`clara ${args.join(' ')} printed no such line and ended with ${String(code)}`);
    return found;
  }
}

export interface Platform {
  /** `host:port`. */
  readonly target: string;
  readonly pid: number;
  readonly connection: Connection;
  /** `host:port` of the Results Service. */
  readonly results: string | undefined;
}

/** Starts the built platform server in a home and waits until it takes calls; it ends with the workspace. */
export async function startPlatform(workspace: Workspace, options: { readonly home?: string; readonly args?: readonly string[] } = {}): Promise<Platform> {
  const home = options.home ?? workspace.makeFolder('platform');
  const child = workspace.start(process.execPath, [server, '--home', home, '--port', '0', ...(options.args ?? [])], {
    env: { ...process.env, CLARA_READY_FD: '3' }, stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const said = await firstLine(child.stdio[3] as Readable);
  const ready = parseReadyMessage(said);
  if (ready === undefined) throw new Error(`the platform did not start: ${said}`);
  const connection = new Connection({ target: ready.grpc });
  workspace.onClose(() => connection.close());
  return { target: ready.grpc, results: ready.results, pid: ready.pid, connection };
}

/** Arguments for Node.js that run a program of test/bench/peers. */
export function peerArguments(...args: readonly string[]): string[] {
  return [peerProgram, ...args];
}

/** Starts a server of test/bench/peers; resolves to the line that it prints when it is ready. */
export function startPeer(workspace: Workspace, ...args: readonly string[]): Promise<string> {
  const child = workspace.start(process.execPath, peerArguments(...args), { stdio: ['ignore', 'pipe', 'inherit'] });
  return firstLine(child.stdout!);
}

function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    stream.once('end', () => resolve(text)).once('error', () => resolve(text));
  });
}
