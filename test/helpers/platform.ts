import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { Connection } from '../../src/api/client.ts';
import { parseReadyMessage, type ReadyMessage } from '../../src/core/server-home.ts';
import { root } from './run.ts';

export interface ServerOptions {
  /** The server's own folder; without it a temporary one that goes with the test. */
  readonly home?: string;
  /** Further arguments of the server program. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface TestServer {
  /** `host:port`. */
  readonly target: string;
  readonly home: string;
  readonly pid: number;
  readonly ready: ReadyMessage;
  /** A connection that is closed with the test. Plain text; a server with TLS needs one of the test's own. */
  readonly connection: Connection;
  readonly child: ChildProcess;
  /** What it has written to standard error so far. */
  stderr(): string;
  /** Ends it with a signal (SIGTERM, or SIGUSR2 to detach) and returns its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/** A server that ended before it was ready. */
export class StartFailed extends Error {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** What it wrote to the ready descriptor. */
  readonly said: string;

  constructor(exitCode: number | null, stderr: string, said: string) {
    super(`the platform server ended with ${exitCode}: ${stderr}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
    this.said = said;
  }
}

/** A temporary home for servers; call it before `startServer`, so that it is deleted after they have ended. */
export function serverHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'clara-platform-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return home;
}

/**
 * Starts the built server program on a free port and waits for its ready message. Whatever still runs when the test ends
 * is killed. Build first (`node .config/build.mjs`): this runs dist/.
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const home = options.home ?? serverHome();
  const child = spawn(process.execPath, [join(root, 'dist/platform-server.cjs'), '--home', home, '--port', '0', ...(options.args ?? [])], {
    env: { ...process.env, CLARA_HOME: '/dev/null/clara-home', ...options.env, CLARA_READY_FD: '3' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  (child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return exited;
  };
  onTestFinished(async () => { await end('SIGKILL'); });
  const said = await firstLine(child.stdio[3] as Readable);
  const ready = parseReadyMessage(said);
  if (ready === undefined) throw new StartFailed(await exited, stderr, said);
  const connection = new Connection({ target: ready.grpc });
  onTestFinished(() => connection.close());
  return {
    target: ready.grpc, home, pid: ready.pid, ready, connection, child,
    stderr: () => stderr,
    stop: (signal = 'SIGTERM') => end(signal),
    kill: async () => { await end('SIGKILL'); },
  };
}

/** The first line, or what there was at the end. */
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
