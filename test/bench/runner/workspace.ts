import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** How long a process may take to end by itself, in milliseconds. */
const patienceMs = 10_000;

/** The temporary folder, processes and whatever else a bench makes; closing takes all of it back, last first. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'clara-bench-'));
  readonly #undo: (() => void | Promise<void>)[] = [];
  #closing: Promise<void> | undefined;
  #folders = 0;

  /** A new empty folder. */
  makeFolder(name: string): string {
    const folder = join(this.folder, `${name}-${this.#folders += 1}`);
    mkdirSync(folder);
    return folder;
  }

  onClose(undo: () => void | Promise<void>): void {
    this.#undo.push(undo);
  }

  /** Starts a process that ends with the workspace at the latest. */
  start(program: string, args: readonly string[], options: Parameters<typeof spawn>[2]): ChildProcess {
    if (this.#closing !== undefined) throw new Error('the bench is being ended');
    const child = spawn(program, args, options);
    this.onClose(() => endProcess(child));
    return child;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    try {
      for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) await undo();
    } finally {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  }
}

/** Ends a process with SIGTERM, and where that does not help in time, with SIGKILL. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await exited;
  clearTimeout(kill);
}

/** Whether a program can be run at all. */
export function isInstalled(program: string, args: readonly string[] = ['--version']): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Ports that nobody uses, for programs that cannot choose their own. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map((server) => new Promise<number>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  })));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
