import { BlockList, isIP } from 'node:net';

/**
 * Which servers may be reached: the operator's list of `host`, `host:port` and `*.domain`, or undefined for all but those at
 * link-local addresses, where the metadata services of clouds are.
 */
export type HostRule = readonly string[] | undefined;

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16);
linkLocal.addSubnet('fe80::', 10, 'ipv6');
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

/** Whether a connection to this address is refused: nobody's archive is there. */
export function isRefusedAddress(address: string): boolean {
  return linkLocal.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Why a URL may not be reached, without quoting more of it than the host; undefined: it may. */
export function hostProblem(url: URL, rule: HostRule): string | undefined {
  const host = bareHost(url);
  if (rule === undefined) return isIP(host) !== 0 && isRefusedAddress(host) ? `${host} is a link-local address, which is refused unless services>inference>allowed-hosts has it` : undefined;
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const isAllowed = rule.some((entry) => matches(entry.toLowerCase(), host, port));
  return isAllowed ? undefined : `${host} is not among services>inference>allowed-hosts`;
}

/** The host name, or the IP address without brackets. */
export function bareHost(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === host || entry === `${host}:${port}` || entry === `[${host}]` || entry === `[${host}]:${port}`) return true;
  return entry.startsWith('*.') && host.endsWith(entry.slice(1));
}
