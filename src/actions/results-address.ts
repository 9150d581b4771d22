import { join } from 'node:path';
import { hostAndPort, isLoopback, isWildcard, splitAddress } from '../core/addresses.ts';
import { resultsPort } from '../core/results.ts';
import { type ReadyMessage } from '../core/server-home.ts';
import { localPlatformState } from './local-platform.ts';

/**
 * `host:port` of the Results Service of a platform (`host:port`): one of this machine says where it is, others have it at the
 * usual port. `home` is the folder of settings and local servers.
 */
export async function resultsAddressOf(platform: string, home: string): Promise<string> {
  const { host, port } = splitAddress(platform);
  const usual = hostAndPort(host, resultsPort);
  if (!isLoopback(host)) return usual;
  const state = await localPlatformState(join(home, 'platform'));
  return state.kind === 'running' && splitAddress(state.ready.grpc).port === port ? hereOf(state.ready, host) ?? usual : usual;
}

/** The name that the user gave goes with certificates, the port is the platform's. */
function hereOf({ results }: ReadyMessage, host: string): string | undefined {
  if (results === undefined) return undefined;
  const at = splitAddress(results);
  return isWildcard(at.host) || isLoopback(at.host) ? hostAndPort(host, at.port) : results;
}
