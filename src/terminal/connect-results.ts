import { resultsAddressOf } from '../actions/results-address.ts';
import { ResultsClient } from '../api/results/client.ts';
import { parseHost } from '../config/host.ts';
import { type Settings } from '../config/settings.ts';
import { isLoopback, splitAddress } from '../core/addresses.ts';
import { resultsPort } from '../core/results.ts';
import { readAuthority, readSecret } from './connect.ts';
import { type Io } from './output/io.ts';

/**
 * The Results Service at an address (`host` or `host:port`), or that of the platform that the settings name: this
 * machine's own says where it is, others have it at the usual port. Nothing is sent yet.
 */
export async function openResults(settings: Settings, io: Io, address: string | undefined): Promise<ResultsClient> {
  const { host, port } = splitAddress(address === undefined ? await resultsAddressOf(settings.host, settings.home) : parseHost(address, '--service', resultsPort));
  const [tlsCa, token] = await Promise.all([
    settings.tlsCa === undefined ? undefined : readAuthority(settings.tlsCa),
    settings.tokenFile === undefined ? undefined : readSecret(settings.tokenFile, 'token'),
  ]);
  if (token !== undefined && tlsCa === undefined && !isLoopback(host)) {
    io.warn(`the token travels unencrypted to ${host}; name the platform's certificate authority with CLARA_TLS_CA`);
  }
  return new ResultsClient({
    kind: 'network', host, port, ...(tlsCa === undefined ? {} : { tlsCa }), ...(token === undefined ? {} : { token: token.toString('utf8').trim() }),
  }, settings.timeoutMs);
}
