import { join } from 'node:path';
import { isLoopback, isWildcard, splitAddress } from '../../core/addresses.ts';
import { resultsPort } from '../../core/results.ts';
import { serverFiles, type ReadyMessage } from '../../core/server-home.ts';
import { type ServerSettings } from '../../core/server-settings.ts';
import { type Settings } from '../../config/settings.ts';
import { type Context } from '../../terminal/context.ts';

/** Where a running platform is, for people; below the lines of the original and in their style. */
export function endpointLines(ready: ReadyMessage, home: string): string[] {
  return [
    `API:    ${ready.grpc}${ready.tls ? ' (TLS)' : ''}`,
    ...(ready.results === undefined ? [] : [`HTTP:   ${ready.results} (Results Service${ready.tls ? ', TLS' : ''})`]),
    `HOME:   ${home}`,
    `LOG:    ${join(home, serverFiles.log)}`,
  ];
}

/** The same for programs. */
export function endpointData(ready: ReadyMessage, home: string): Record<string, unknown> {
  const { grpc, results, tls, pid, version, startedAt } = ready;
  return { state: 'running', endpoint: grpc, ...(results === undefined ? {} : { results }), tls, pid, version, startedAt: new Date(startedAt).toISOString(), home, log: join(home, serverFiles.log) };
}

/** The address at which this machine reaches its own platform: one the user named, where it has the same port, so that certificates fit. */
export function reachableAt(ready: ReadyMessage, settings: Settings): string {
  const at = splitAddress(ready.grpc);
  if (meansThis(ready, settings)) return settings.host;
  return isWildcard(at.host) ? `localhost:${at.port}` : ready.grpc;
}

/** Whether the address in the settings leads to this platform. */
function meansThis(ready: ReadyMessage, settings: Settings): boolean {
  const [at, target] = [splitAddress(ready.grpc), splitAddress(settings.host)];
  if (at.port !== target.port) return false;
  return at.host === target.host || (isLoopback(at.host) && isLoopback(target.host)) || isWildcard(at.host);
}

/** Says what else to set so that other commands reach the platform; nothing where they do already. */
export async function adviseEndpoint(context: Context, ready: ReadyMessage, asked: ServerSettings): Promise<void> {
  const settings = await context.settings();
  const wanted = [
    ...(meansThis(ready, settings) ? [] : [`CLARA_HOST=${reachableAt(ready, settings)}`]),
    ...(ready.tls && settings.tlsCa === undefined ? [`CLARA_TLS_CA=${asked.tlsCert ?? '<certificate authority>'}`] : []),
    ...(asked.tokenFile !== undefined && settings.tokenFile === undefined ? [`CLARA_TOKEN_FILE=${asked.tokenFile}`] : []),
  ];
  const { results } = ready;
  if (results !== undefined && asked.resultsPort === undefined && asked.port !== 0 && splitAddress(results).port !== resultsPort) {
    context.io.note(`port ${resultsPort} is taken: the Results Service is at ${results}`);
  }
  if (wanted.length > 0) context.io.note(`other commands reach it with: export ${wanted.map(quoted).join(' ')}`);
}

function quoted(assignment: string): string {
  const [, name, value] = /^([A-Z_]+)=(.*)$/s.exec(assignment)!;
  return /^[\w./:@%+,\[\]-]+$/.test(value!) ? assignment : `${name}='${value!.replaceAll("'", "'\\''")}'`;
}
