import { type AdapterCommandLine } from '../config/adapter-options.ts';
import { ClaraError, systemCode } from '../core/errors.ts';
import { type Logger } from '../system/log.ts';
import { adapterPorts } from './adapter-home.ts';
import { logScp } from './log-scp.ts';
import { startScp, type Scp } from './net/scp/server.ts';
import { type TlsServerOptions } from './net/tls.ts';
import { type Receiver } from './receive/receiver.ts';
import { type AdapterSettings } from './settings/model.ts';
import { readTlsFiles } from './settings/tls-files.ts';

/** How associations are protected: `clients` means that senders need a certificate, too. */
export type Protection = 'none' | 'tls' | 'tls, clients';

export interface ListenOptions {
  readonly commandLine: Pick<AdapterCommandLine, 'listen' | 'port' | 'tls'>;
  readonly settings: AdapterSettings['scp'];
  /** As the settings file has it; flags win. */
  readonly tls: TlsServerOptions | undefined;
  readonly receiver: Receiver;
  readonly log: Logger;
}

/** Takes DICOM associations. Throws a ClaraError that says how to set another port or address. */
export async function listen({ commandLine, settings, tls: tlsOfFile, receiver, log }: ListenOptions): Promise<Scp & { readonly protection: Protection }> {
  const port = commandLine.port ?? settings.port ?? adapterPorts.dicom;
  const tls = commandLine.tls === undefined ? tlsOfFile : await tlsOfFlags(commandLine.tls, log);
  try {
    const scp = await startScp({
      host: commandLine.listen, port, decide: (request) => receiver.decide(request), onEvent: (event) => logScp(log, event), limits: { associations: settings.maximumAssociations }, ...(tls === undefined ? {} : { tls }),
    });
    return { ...scp, protection: tls === undefined ? 'none' : tls.clientCa === undefined ? 'tls' : 'tls, clients' };
  } catch (thrown) {
    if (!(thrown instanceof ClaraError)) throw thrown;
    throw new ClaraError(thrown.kind, thrown.message, { cause: thrown, hint: hintFor(systemCode(thrown.cause), port) });
  }
}

function hintFor(code: string | undefined, port: number): string {
  const another = 'set another port: `clara dicom start --port 11112`, or `dicom.scp.port` in the settings file';
  if (code === 'EADDRNOTAVAIL') return 'give --listen an address of this machine, or 0.0.0.0 for all of them';
  return code === 'EACCES' ? `${another}; or allow this one: sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}` : another;
}

async function tlsOfFlags({ certificate, key, clientCa }: NonNullable<AdapterCommandLine['tls']>, log: Logger): Promise<TlsServerOptions | undefined> {
  const flags = { certificate: '--tls-cert', key: '--tls-key', clientCa: '--tls-client-ca' } as const;
  const named = (path: string) => ({ path, line: undefined });
  const { tls, problems } = await readTlsFiles({ certificate: named(certificate), key: named(key), clientCa: clientCa === undefined ? undefined : named(clientCa) });
  const [first, ...rest] = problems.map(({ part, message }) => `${flags[part]}: ${message}`);
  if (tls === undefined) throw new ClaraError('usage', first!, { details: rest });
  for (const warning of problems) log.warn(`${flags[warning.part]}: ${warning.message}`);
  return tls;
}
