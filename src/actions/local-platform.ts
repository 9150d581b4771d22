import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopback, splitAddress } from '../core/addresses.ts';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';
import { parseReadyMessage, parseStartFailure, serverFiles, type ReadyMessage } from '../core/server-home.ts';
import { serverArguments, type ServerSettings } from '../core/server-settings.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { startInBackground, stopHolder, type StartResult } from '../system/run/background.ts';
import { lockState } from '../system/lock.ts';

/** Where a local platform lives and what it is started from. */
export interface LocalPlatform {
  /** The server's home folder, absolute: `<CLARA_HOME>/platform`. */
  readonly home: string;
  /** The built server program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What holds where a start says nothing else. */
  readonly defaults: ServerSettings;
}

export interface StartControl {
  readonly signal?: AbortSignal;
  /** Told once if an earlier server is still starting or stopping, with its process number. */
  readonly onWaiting?: (pid: number | undefined) => void;
}

export type Started = { readonly kind: 'started' | 'already-running'; readonly ready: ReadyMessage };

/** What there is: nothing, a server that takes calls, or one that is on its way in or out. */
export type LocalState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly ready: ReadyMessage }
  | { readonly kind: 'busy'; readonly pid: number | undefined };

const startDeadlineMs = 60_000;
const pollMs = 50;
/** Clara Administration: pipelineTimeoutGrace. */
const defaultGraceSeconds = 15;
/** What a server may take to end once its operators have. */
const stopPatienceMs = 30_000;

/** Looks at the lock of the home, never at process numbers: what an earlier server left behind does not count. */
export async function localPlatformState(home: string): Promise<LocalState> {
  const lock = lockState(join(home, serverFiles.lock));
  if (lock.kind === 'free') return { kind: 'stopped' };
  const ready = parseReadyMessage((await readIfThere(join(home, serverFiles.ready))) ?? '');
  // A message of an earlier server says nothing about the one that holds the lock now.
  return ready !== undefined && ready.pid === lock.holder?.pid ? { kind: 'running', ready } : { kind: 'busy', pid: lock.holder?.pid };
}

/**
 * Starts the platform of a home, in the background, and returns when it takes calls. One that runs already is left alone;
 * one that is just starting or stopping is waited for, so of several starts at once exactly one server comes out.
 */
export async function startLocalPlatform(platform: LocalPlatform, settings: ServerSettings, control: StartControl = {}): Promise<Started> {
  let told = false;
  // Looking at the lock takes as long as half a start. Where no server has left a sign, the new one finds out by itself.
  let state: LocalState = existsSync(join(platform.home, serverFiles.ready)) ? await localPlatformState(platform.home) : { kind: 'stopped' };
  for (const end = Date.now() + startDeadlineMs; ; state = await localPlatformState(platform.home)) {
    if (state.kind === 'running') return { kind: 'already-running', ready: state.ready };
    if (state.kind === 'stopped') {
      const ready = await launch(platform, settings, control.signal);
      if (ready !== undefined) return { kind: 'started', ready };
    } else if (!told) {
      told = true;
      control.onWaiting?.(state.pid);
    }
    if (control.signal?.aborted === true) throw new ClaraError('interrupted', 'interrupted; no platform was started');
    if (Date.now() > end) throw stuck(platform.home, state.kind === 'busy' ? state.pid : undefined);
    await sleep(pollMs);
  }
}

/** Undefined: another start was faster. */
async function launch(platform: LocalPlatform, settings: ServerSettings, signal: AbortSignal | undefined): Promise<ReadyMessage | undefined> {
  const { home } = platform;
  await makeHome(home);
  const result = await startInBackground({
    program: platform.program, args: serverArguments(home, { ...platform.defaults, ...settings }), cwd: home, env: platform.env,
    logFile: join(home, serverFiles.log), deadlineMs: startDeadlineMs, ...(signal === undefined ? {} : { signal }),
  });
  const ready = result.kind === 'ready' ? parseReadyMessage(result.message) : undefined;
  if (ready !== undefined) {
    await writeFileAtomically(join(home, serverFiles.start), `${JSON.stringify(settings)}\n`);
    return ready;
  }
  if (lockState(join(home, serverFiles.lock)).kind === 'held') return undefined;
  throw explain(result, home);
}

async function makeHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw new ClaraError('failed', `the platform's folder ${home} cannot be made (${messageOf(thrown)})`, {
      cause: thrown,
      hint: 'choose a folder that you may write with CLARA_HOME',
    });
  }
}

/** Why a server did not come up, in its own words where it had any. */
function explain(result: StartResult, home: string): ClaraError {
  if (result.kind === 'ready') return parseStartFailure(result.message) ?? new ClaraError('failed', `the platform said something else than that it is ready: ${result.message}`);
  const log = join(home, serverFiles.log);
  const details = result.output.trimEnd().split('\n').slice(-10).filter((line) => line !== '');
  if (result.kind === 'silent') {
    return new ClaraError('failed', `the platform was not ready after ${startDeadlineMs / 1000} s and was stopped`, { details, hint: `its log is ${log}` });
  }
  const how = result.signal === null ? `exit code ${result.exitCode}` : result.signal;
  return new ClaraError('failed', `the platform ended while it was starting (${how})`, { details, hint: `its log is ${log}` });
}

function stuck(home: string, pid: number | undefined): ClaraError {
  return new ClaraError('failed', `a platform holds ${home} (process ${pid ?? 'unknown'}) but takes no calls`, {
    hint: 'see `clara platform logs`, or end it with `clara platform stop`',
  });
}

export type Stopped = 'not-running' | 'stopped' | 'killed';

/**
 * Ends the platform of a home and returns when it is gone. `stop` ends running operators (their jobs go on at the next
 * start), `detach` leaves them running for the next server. Killed is one that took far longer than operators may take.
 */
export async function stopLocalPlatform(platform: LocalPlatform, how: 'stop' | 'detach'): Promise<Stopped> {
  const { timeoutGrace = defaultGraceSeconds } = { ...platform.defaults, ...(await lastSettings(platform.home)) };
  return stopHolder(join(platform.home, serverFiles.lock), {
    signal: how === 'stop' ? 'SIGTERM' : 'SIGUSR2', patienceMs: timeoutGrace * 1000 + stopPatienceMs,
  });
}

export interface Restarted {
  readonly stopped: Stopped;
  readonly ready: ReadyMessage;
  /** What it was asked to start with this time. */
  readonly settings: ServerSettings;
}

/**
 * Stops the platform without its operators and starts it again: settings that are given win over those of the last start,
 * and the address stays. One that does not run is started.
 */
export async function restartLocalPlatform(platform: LocalPlatform, changes: ServerSettings, control: StartControl = {}): Promise<Restarted> {
  const state = await localPlatformState(platform.home);
  // Ports that were left to chance are kept: clients go on where they were.
  const port = state.kind === 'running' ? { port: portOf(state.ready), ...resultsPortOf(state.ready) } : {};
  const settings = { ...(await lastSettings(platform.home)), ...port, ...changes };
  const stopped = await stopLocalPlatform(platform, 'detach');
  const { ready } = await startLocalPlatform(platform, settings, control);
  return { stopped, ready, settings };
}

async function lastSettings(home: string): Promise<ServerSettings> {
  const text = await readIfThere(join(home, serverFiles.start));
  try {
    return text === undefined ? {} : (JSON.parse(text) as ServerSettings);
  } catch {
    return {};
  }
}

export interface EnsureOptions {
  /** `host:port` that the user would talk to. */
  readonly target: string;
  /** Whether the user named it; a default may give way to the local platform's real address. */
  readonly named: boolean;
}

/**
 * Makes sure that a platform answers: returns the `host:port` to use, after starting the local platform where the target
 * is this machine and nothing listens there. A target elsewhere is returned as it is.
 */
export async function ensureLocalPlatform(
  platform: LocalPlatform, options: EnsureOptions, control: StartControl = {},
): Promise<{ readonly target: string; readonly started: boolean }> {
  const { host, port } = splitAddress(options.target);
  if (!isLoopback(host) || (await listens(host, port))) return { target: options.target, started: false };
  const { kind, ready } = await startLocalPlatform(platform, { port }, control);
  if (portOf(ready) !== port && options.named) {
    throw new ClaraError('unreachable', `nothing listens at ${options.target}`, { hint: `the platform of ${platform.home} is at ${ready.grpc}: name it with --host ${ready.grpc}` });
  }
  return { target: portOf(ready) === port ? options.target : ready.grpc, started: kind === 'started' };
}

function portOf(ready: ReadyMessage): number {
  return splitAddress(ready.grpc).port;
}

function resultsPortOf({ results }: ReadyMessage): ServerSettings {
  return results === undefined ? {} : { resultsPort: splitAddress(results).port };
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('timeout', () => end(false)).once('error', () => end(false));
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw new ClaraError('failed', `${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}
