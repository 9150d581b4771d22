import { connect } from 'node:net';
import { isLoopback, splitAddress } from '../core/addresses.ts';
import { ClaraError } from '../core/errors.ts';
import { parseReadyMessage, type ReadyMessage } from '../core/server-home.ts';
import { serverArguments, type ServerSettings } from '../core/server-settings.ts';
import { lastSettings, localServerState, startLocalServer, stopLocalServer, type LocalServer, type ServerState, type StartControl, type Started as StartedServer, type Stopped } from './local-server.ts';

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

export type Started = StartedServer<ReadyMessage>;

/** What there is: nothing, a server that takes calls, or one that is on its way in or out. */
export type LocalState = ServerState<ReadyMessage>;

/** Clara Administration: pipelineTimeoutGrace. */
const defaultGraceSeconds = 15;
/** What a server may take to end once its operators have. */
const stopPatienceMs = 30_000;

/** Looks at the lock of the home, never at process numbers: what an earlier server left behind does not count. */
export function localPlatformState(home: string): Promise<LocalState> {
  return localServerState({ home, parseReady: parseReadyMessage });
}

/**
 * Starts the platform of a home, in the background, and returns when it takes calls. One that runs already is left alone;
 * one that is just starting or stopping is waited for, so of several starts at once exactly one server comes out.
 */
export function startLocalPlatform(platform: LocalPlatform, settings: ServerSettings, control: StartControl = {}): Promise<Started> {
  const server: LocalServer<ReadyMessage> = { what: 'platform', command: 'clara platform', home: platform.home, program: platform.program, env: platform.env, parseReady: parseReadyMessage };
  return startLocalServer(server, serverArguments(platform.home, { ...platform.defaults, ...settings }), settings, control);
}

/**
 * Ends the platform of a home and returns when it is gone. `stop` ends running operators (their jobs go on at the next
 * start), `detach` leaves them running for the next server. Killed is one that took far longer than operators may take.
 */
export async function stopLocalPlatform(platform: LocalPlatform, how: 'stop' | 'detach'): Promise<Stopped> {
  const { timeoutGrace = defaultGraceSeconds } = { ...platform.defaults, ...(await lastSettings<ServerSettings>(platform.home)) };
  return stopLocalServer(platform.home, {
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
  const settings = { ...(await lastSettings<ServerSettings>(platform.home)), ...port, ...changes };
  const stopped = await stopLocalPlatform(platform, 'detach');
  const { ready } = await startLocalPlatform(platform, settings, control);
  return { stopped, ready, settings };
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
