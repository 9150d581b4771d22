import { join } from 'node:path';
import { defaultPort } from '../config/host.ts';
import { ClaraError } from '../core/errors.ts';
import { hostAndPort, isLoopback, isWildcard, splitAddress } from '../core/addresses.ts';
import { resultsPort } from '../core/results.ts';
import { type ReadyMessage } from '../core/server-home.ts';
import { localPlatformState } from './local-platform.ts';

/** Where platforms are found, besides those that are started at a port of their own: here, and on Kubernetes. */
const usualPorts = [defaultPort, 50_051];

/**
 * `host:port` of the Results Service of a platform (`host:port`): one of this machine says where it is, others have it at the
 * usual port. `home` is the folder of settings and local servers. Throws for a platform of this machine at a port of its own
 * that does not run: what is at the usual port here would be another one's.
 */
export async function resultsAddressOf(platform: string, home: string): Promise<string> {
  const { host, port } = splitAddress(platform);
  const usual = hostAndPort(host, resultsPort);
  if (!isLoopback(host)) return usual;
  const state = await localPlatformState(join(home, 'platform'));
  if (state.kind === 'running' && splitAddress(state.ready.grpc).port === port) return hereOf(state.ready, host) ?? usual;
  if (usualPorts.includes(port)) return usual;
  throw new ClaraError('unreachable', `where the Results Service of the platform at ${platform} is cannot be told: that platform does not run here`, {
    hint: 'start it; or name the service: `--service HOST:PORT`, or `services.results-service-endpoint` in the settings file of the adapter',
  });
}

/** The name that the user gave goes with certificates, the port is the platform's. */
function hereOf({ results }: ReadyMessage, host: string): string | undefined {
  if (results === undefined) return undefined;
  const at = splitAddress(results);
  return isWildcard(at.host) || isLoopback(at.host) ? hostAndPort(host, at.port) : results;
}
