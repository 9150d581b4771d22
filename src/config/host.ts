import { ClaraError } from '../core/errors.ts';

/** The gRPC port of a platform where the user names none. */
export const defaultPort = 30031;

/**
 * `host:port` from `host`, `host:port`, an IPv6 address or `[IPv6]:port`; `where` says which setting a complaint is about,
 * `port` counts where the text has none.
 */
export function parseHost(text: string, where: string, port = defaultPort): string {
  const trimmed = text.trim();
  const bracketed = /^\[([0-9a-fA-F:.%\w]+)\](?::(\d+))?$/.exec(trimmed);
  if (bracketed) return join(`[${bracketed[1]}]`, bracketed[2] ?? port, text, where);
  if (/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.%\w]*$/.test(trimmed)) return join(`[${trimmed}]`, port, text, where);
  const plain = /^([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?)(?::(\d+))?$/.exec(trimmed);
  if (!plain) {
    const hint = trimmed.includes('://') ? 'leave the `…://` out: a platform is named by host or host:port' : 'give a host, host:port, or [IPv6]:port';
    throw new ClaraError('usage', `${where}: \`${text}\` is not a host`, { hint });
  }
  return join(plain[1]!, plain[3] ?? port, text, where);
}

function join(host: string, port: string | number, text: string, where: string): string {
  const number = Number(port);
  if (number < 1 || number > 65_535) throw new ClaraError('usage', `${where}: \`${text}\` has no valid port`, { hint: 'ports are 1 to 65535' });
  return `${host}:${number}`;
}
