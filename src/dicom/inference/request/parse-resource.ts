import { hostProblem, type HostRule } from './host-rule.ts';
import { type JsonField } from './json-fields.ts';
import { type WebResource } from './request.ts';

const operations = ['QUERY', 'RETRIEVE', 'WADO Retrieve', 'STORE'] as const;

/** A resource with its `connectionDetails`; undefined where something is wrong with it. */
export function parseWebResource(field: JsonField, kind: WebResource['kind'], hosts: HostRule): WebResource | undefined {
  const details = field.get('connectionDetails');
  for (const operation of details.get('operations').items()) operation.word(operations);
  const uri = parseUri(details.get('uri', 'baseUri'), hosts);
  const authorization = parseAuthorization(details);
  return uri === undefined || authorization === 'wrong' ? undefined : { at: field.path, kind, uri, authorization: authorization?.header };
}

function parseUri(field: JsonField, hosts: HostRule): string | undefined {
  const text = field.text('the address of the service');
  if (text === undefined) return undefined;
  if (!URL.canParse(text)) return field.complain('must be an absolute URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return field.complain('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') return field.complain('must not have a user name or a password: they belong into authType and authID');
  if (url.search !== '' || url.hash !== '') return field.complain('must not have a query or a fragment, for paths are added to it');
  const problem = hostProblem(url, hosts);
  if (problem !== undefined) return field.complain(problem);
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

function parseAuthorization(details: JsonField): { readonly header: string } | 'wrong' | undefined {
  const type = details.get('authType').word(['None', 'Basic', 'Bearer'], 'None');
  const field = details.get('authID', 'apiKey');
  if (type === undefined) return 'wrong';
  if (type === 'None') return undefined;
  const secret = field.text(type === 'Basic' ? 'base64 of user:password' : 'the token');
  if (secret === undefined) return 'wrong';
  const fits = type === 'Basic' ? /^[A-Za-z0-9+/]+={0,2}$/.test(secret) && Buffer.from(secret, 'base64').includes(':') : /^[\x21-\x7e]+$/.test(secret);
  if (fits) return { header: `${type} ${secret}` };
  field.complain(type === 'Basic' ? 'must be base64 of user:password' : 'must be printable characters without blanks');
  return 'wrong';
}
