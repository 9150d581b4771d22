import { join } from 'node:path';
import { localServerState, type LocalServer, type ServerState } from '../../actions/local-server.ts';
import { localPlatformState } from '../../actions/local-platform.ts';
import { serverEnvironment } from '../../config/platform-values.ts';
import { settingSpecs } from '../../config/settings.ts';
import { hostAndPort, isWildcard, splitAddress } from '../../core/addresses.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Context } from '../../terminal/context.ts';
import { parseAdapterReady, type AdapterReady } from '../adapter-home.ts';

/** The adapter of this machine and user, as the settings place it. */
export async function localAdapter(context: Context): Promise<LocalServer<AdapterReady>> {
  const { home } = await context.settings();
  return {
    what: 'DICOM adapter', command: 'clara dicom', home: join(home, 'dicom'), program: join(context.packageRoot, 'dist', 'dicom-adapter.cjs'),
    env: serverEnvironment(), parseReady: parseAdapterReady,
  };
}

export async function adapterState(context: Context): Promise<ServerState<AdapterReady>> {
  return localServerState(await localAdapter(context));
}

/** Where jobs go: the platform that the user named, else the one that runs on this machine, wherever it listens; undefined leaves it to the adapter. */
export async function platformFor(context: Context): Promise<string | undefined> {
  const settings = await context.settings();
  // Plugins are always told an address; the usual one says nothing about the user's wish.
  if (settings.host !== settingSpecs.host.fallback) return settings.host;
  const state = await localPlatformState(join(settings.home, 'platform'));
  return state.kind === 'running' ? reachable(state.ready.grpc) : undefined;
}

/** `host:port` of the REST API to talk to. */
export async function restAddress(context: Context, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const state = await adapterState(context);
  if (state.kind === 'running') return reachable(state.ready.rest);
  throw new ClaraError('unreachable', 'no DICOM adapter runs on this machine', { hint: 'start it with `clara dicom start`, or name one elsewhere with --rest host:port' });
}

/** An address as this machine reaches it. */
export function reachable(address: string): string {
  const { host, port } = splitAddress(address);
  return isWildcard(host) ? hostAndPort('127.0.0.1', port) : address;
}
