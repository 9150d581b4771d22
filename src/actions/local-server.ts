import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';
import { parseStartFailure, serverFiles } from '../core/server-home.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { startInBackground, stopHolder, type StartResult } from '../system/run/background.ts';
import { lockState } from '../system/lock.ts';

/** A server program of ours on this machine: one for each home, found by the lock that it holds. */
export interface LocalServer<Ready extends { readonly pid: number }> {
  /** What it is called in messages: `platform`. */
  readonly what: string;
  /** The commands that look after it: `clara platform`. */
  readonly command: string;
  /** The server's home folder, absolute. */
  readonly home: string;
  /** The built server program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The ready message in a text, or undefined where the text is something else. */
  readonly parseReady: (text: string) => Ready | undefined;
}

export interface StartControl {
  readonly signal?: AbortSignal;
  /** Told once if an earlier server is still starting or stopping, with its process number. */
  readonly onWaiting?: (pid: number | undefined) => void;
}

export interface Started<Ready> {
  readonly kind: 'started' | 'already-running';
  readonly ready: Ready;
}

/** What there is: nothing, a server that takes calls, or one that is on its way in or out. */
export type ServerState<Ready> =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly ready: Ready }
  | { readonly kind: 'busy'; readonly pid: number | undefined };

const startDeadlineMs = 60_000;
const pollMs = 50;

/** Looks at the lock of the home, never at process numbers: what an earlier server left behind does not count. */
export async function localServerState<Ready extends { readonly pid: number }>({ home, parseReady }: Pick<LocalServer<Ready>, 'home' | 'parseReady'>): Promise<ServerState<Ready>> {
  const lock = lockState(join(home, serverFiles.lock));
  if (lock.kind === 'free') return { kind: 'stopped' };
  const ready = parseReady((await readIfThere(join(home, serverFiles.ready))) ?? '');
  // A message of an earlier server says nothing about the one that holds the lock now.
  return ready !== undefined && ready.pid === lock.holder?.pid ? { kind: 'running', ready } : { kind: 'busy', pid: lock.holder?.pid };
}

/**
 * Starts the server of a home, in the background, and returns when it takes calls. One that runs already is left alone;
 * one that is just starting or stopping is waited for, so of several starts at once exactly one server comes out.
 * @param settings what is kept for a restart, see `lastSettings`
 */
export async function startLocalServer<Ready extends { readonly pid: number }>(
  server: LocalServer<Ready>, args: readonly string[], settings: object, control: StartControl = {},
): Promise<Started<Ready>> {
  let told = false;
  // Looking at the lock takes as long as half a start. Where no server has left a sign, the new one finds out by itself.
  let state: ServerState<Ready> = existsSync(join(server.home, serverFiles.ready)) ? await localServerState(server) : { kind: 'stopped' };
  for (const end = Date.now() + startDeadlineMs; ; state = await localServerState(server)) {
    if (state.kind === 'running') return { kind: 'already-running', ready: state.ready };
    if (state.kind === 'stopped') {
      const ready = await launch(server, args, settings, control.signal);
      if (ready !== undefined) return { kind: 'started', ready };
    } else if (!told) {
      told = true;
      control.onWaiting?.(state.pid);
    }
    if (control.signal?.aborted === true) throw new ClaraError('interrupted', `interrupted; no ${server.what} was started`);
    if (Date.now() > end) throw stuck(server, state.kind === 'busy' ? state.pid : undefined);
    await sleep(pollMs);
  }
}

/** Undefined: another start was faster. */
async function launch<Ready extends { readonly pid: number }>(server: LocalServer<Ready>, args: readonly string[], settings: object, signal: AbortSignal | undefined): Promise<Ready | undefined> {
  const { home } = server;
  await makeHome(server);
  const result = await startInBackground({
    program: server.program, args, cwd: home, env: server.env,
    logFile: join(home, serverFiles.log), deadlineMs: startDeadlineMs, ...(signal === undefined ? {} : { signal }),
  });
  const ready = result.kind === 'ready' ? server.parseReady(result.message) : undefined;
  if (ready !== undefined) {
    await writeFileAtomically(join(home, serverFiles.start), `${JSON.stringify(settings)}\n`);
    return ready;
  }
  if (lockState(join(home, serverFiles.lock)).kind === 'held') return undefined;
  throw explain(result, server);
}

async function makeHome({ home, what }: Pick<LocalServer<never>, 'home' | 'what'>): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw new ClaraError('failed', `the ${what}'s folder ${home} cannot be made (${messageOf(thrown)})`, {
      cause: thrown,
      hint: 'choose a folder that you may write with CLARA_HOME',
    });
  }
}

/** Why a server did not come up, in its own words where it had any. */
function explain(result: StartResult, { what, home }: Pick<LocalServer<never>, 'home' | 'what'>): ClaraError {
  if (result.kind === 'ready') return parseStartFailure(result.message) ?? new ClaraError('failed', `the ${what} said something else than that it is ready: ${result.message}`);
  const log = join(home, serverFiles.log);
  const details = result.output.trimEnd().split('\n').slice(-10).filter((line) => line !== '');
  if (result.kind === 'silent') {
    return new ClaraError('failed', `the ${what} was not ready after ${startDeadlineMs / 1000} s and was stopped`, { details, hint: `its log is ${log}` });
  }
  const how = result.signal === null ? `exit code ${result.exitCode}` : result.signal;
  return new ClaraError('failed', `the ${what} ended while it was starting (${how})`, { details, hint: `its log is ${log}` });
}

function stuck({ what, home, command }: Pick<LocalServer<never>, 'home' | 'what' | 'command'>, pid: number | undefined): ClaraError {
  return new ClaraError('failed', `a ${what} holds ${home} (process ${pid ?? 'unknown'}) but takes no calls`, {
    hint: `see \`${command} logs\`, or end it with \`${command} stop\``,
  });
}

export type Stopped = 'not-running' | 'stopped' | 'killed';

/** Ends the server of a home and returns when it is gone; killed is one that took longer than it may. */
export function stopLocalServer(home: string, options: { readonly signal: NodeJS.Signals; readonly patienceMs: number }): Promise<Stopped> {
  return stopHolder(join(home, serverFiles.lock), options);
}

/** What the last start was asked for. */
export async function lastSettings<Settings extends object>(home: string): Promise<Partial<Settings>> {
  const text = await readIfThere(join(home, serverFiles.start));
  try {
    return text === undefined ? {} : (JSON.parse(text) as Partial<Settings>);
  } catch {
    return {};
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw new ClaraError('failed', `${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}
