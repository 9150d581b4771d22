import { type IncomingMessage } from 'node:http';
import { isLoopback, splitAddress } from '../../core/addresses.ts';

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/**
 * Who may ask. With a token: whoever has it; the page about the service is for everybody. Without one it is programs of
 * this machine, and not the pages that its browsers show: those could take tasks by a mere link, under a name of their
 * own that leads here.
 */
export function refusalOf(
  { headers, url = '' }: Pick<IncomingMessage, 'headers' | 'url'>, access: { readonly isTokenOf: ((header: string | undefined) => boolean) | undefined; readonly listen: string },
): Refusal | undefined {
  if (access.isTokenOf !== undefined) {
    if (isAboutPage(url) || access.isTokenOf(headers.authorization)) return undefined;
    return { status: 401, message: headers.authorization === undefined ? 'this platform asks for a token' : 'the token is not valid' };
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return { status: 403, message: 'pages of other sites are not answered' };
  if (isLoopback(access.listen) && headers.host !== undefined && !isLoopback(hostOf(headers.host))) {
    return { status: 403, message: `${headers.host} is no name of this machine; ask 127.0.0.1` };
  }
  return undefined;
}

/** Whether a request is for the page about the service. */
export function isAboutPage(url: string): boolean {
  return /^\/swagger(?:[/?]|$)/i.test(url);
}

function hostOf(header: string): string {
  return /:\d+$/.test(header) ? splitAddress(header).host : header.replace(/^\[(.*)\]$/, '$1');
}

/** What operators may ask through their socket: to register, and nothing else. */
export function isRegistration({ method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>): boolean {
  return method === 'POST' && /^\/api\/tasks\/register\/[^/?]+\/?(?:\?|$)/i.test(url);
}
