import { join } from 'node:path';
import { localPlatformState } from '../actions/local-platform.ts';
import { ResultsClient } from '../api/results/client.ts';
import { parseHost } from '../config/host.ts';
import { type Settings } from '../config/settings.ts';
import { hostAndPort, isLoopback, isWildcard, splitAddress } from '../core/addresses.ts';
import { type ReadyMessage } from '../core/server-home.ts';
import { resultsPort } from '../core/results.ts';
import { readSecret } from './connect.ts';
import { type Io } from './output/io.ts';

/**
 * The Results Service at an address (`host` or `host:port`), or that of the platform that the settings name: this
 * machine's own says where it is, others have it at the usual port. Nothing is sent yet.
 */
export async function openResults(settings: Settings, io: Io, address: string | undefined): Promise<ResultsClient> {
  const { host, port } = splitAddress(address === undefined ? await ofPlatform(settings) : parseHost(address, '--service', resultsPort));
  const [tlsCa, token] = await Promise.all([
    settings.tlsCa === undefined ? undefined : readSecret(settings.tlsCa, 'certificate authority'),
    settings.tokenFile === undefined ? undefined : readSecret(settings.tokenFile, 'token'),
  ]);
  if (token !== undefined && tlsCa === undefined && !isLoopback(host)) {
    io.warn(`the token travels unencrypted to ${host}; name the platform's certificate authority with CLARA_TLS_CA`);
  }
  return new ResultsClient({
    kind: 'network', host, port, ...(tlsCa === undefined ? {} : { tlsCa }), ...(token === undefined ? {} : { token: token.toString('utf8').trim() }),
  }, settings.timeoutMs);
}

async function ofPlatform({ host: target, home }: Settings): Promise<string> {
  const { host, port } = splitAddress(target);
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
