import { isIP } from 'node:net';
import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { type Context } from '../../terminal/context.ts';
import { labelLines, printItem, printList, type Column, type ListView } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { type ClaraAeTitle, type Destination, type Source } from '../entities/entities.ts';
import { type AuthType } from '../entities/web-destination.ts';
import { type CredentialFlags } from './outgoing/credential-flags.ts';
import { credentialsOf } from './outgoing/credentials.ts';
import { ask } from './rest-client.ts';

type Noun = 'aetitle' | 'src' | 'dest';
/** `url` and what comes with it: a destination by DICOMweb. */
type Entity = Partial<ClaraAeTitle> & Partial<Source> & Partial<Destination> & { readonly url?: string; readonly authType?: AuthType; readonly authID?: string; readonly tlsCa?: string | boolean };

interface Common {
  readonly rest: string | undefined;
  readonly output: OutputFormat | undefined;
}

const paths: Readonly<Record<Noun, string>> = { aetitle: '/api/config/claraaetitle', src: '/api/config/sourceaetitle', dest: '/api/config/destinationaetitle' };
/** Where destinations with a URL are. */
const webPath = '/api/config/destinationdicomweb';
const title: Column<Entity> = { title: 'AE TITLE', value: ({ aeTitle }) => aeTitle! };
const host: Column<Entity> = { title: 'HOST', value: ({ hostIp }) => hostIp! };
const name: Column<Entity> = { title: 'NAME', value: ({ name: own }) => own! };

const columns: Readonly<Record<Noun, readonly Column<Entity>[]>> = {
  aetitle: [name, title, { title: 'PIPELINES', value: ({ processorSettings }) => settingsOf(processorSettings, true).join(' ') }, { title: 'SETTINGS', wide: true, value: ({ processorSettings }) => settingsOf(processorSettings, false).join(' ') }],
  src: [title, host],
  dest: [
    name, { ...title, value: ({ aeTitle, url }) => (url === undefined ? aeTitle! : '(DICOMweb)') }, { ...host, value: ({ hostIp, url }) => url ?? hostIp! },
    { title: 'PORT', value: ({ port, url }) => (url === undefined ? String(port) : '') },
  ],
};

function settingsOf(settings: Readonly<Record<string, string>> = {}, pipelines: boolean): string[] {
  return Object.entries(settings).filter(([key]) => /^pipeline-/i.test(key) === pipelines).map(([key, value]) => `${key}=${value}`);
}

function viewOf(noun: Noun): ListView<Entity> {
  return { kind: noun, id: (entity) => (noun === 'src' ? entity.aeTitle! : entity.name!), data: (entity) => entity, columns: columns[noun] };
}

function linesOf(noun: Noun, entity: Entity): string[] {
  if (entity.url !== undefined) return labelLines([['NAME', entity.name!], ['URL', entity.url], ['AUTH_TYPE', entity.authType!], ['TLS_CA', entity.tlsCa === true ? 'given' : '']]);
  const rows: (readonly [string, string])[] = columns[noun].filter((column) => column.title !== 'PIPELINES' && column.title !== 'SETTINGS').map((column) => [column.title.replaceAll(' ', '_'), column.value(entity)]);
  if (noun === 'aetitle') {
    rows.push(['OVERWRITE', String(entity.overwriteSameInstance)], ['IGNORED', (entity.ignoredSopClasses ?? []).join(' ')]);
    rows.push(...[true, false].flatMap((pipelines) => settingsOf(entity.processorSettings, pipelines)).map((line) => ['SETTING', line] as const));
  }
  return labelLines(rows);
}

async function create(context: Context, noun: Noun, body: Entity, { rest, output }: Common): Promise<void> {
  const entity = await ask<Entity>(context, rest, 'POST', body.url === undefined ? paths[noun] : webPath, body);
  await printItem(context.io, viewOf(noun), entity, () => linesOf(noun, entity), { output });
}

/** `clara dicom create aetitle`; the words after the flags become settings. */
export function createAeTitle(context: Context, options: Common & { readonly aeTitle: string; readonly name: string | undefined; readonly overwrite: boolean; readonly ignore: readonly string[] }, words: readonly string[]): Promise<void> {
  const processorSettings = Object.fromEntries(words.map((word) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined || value === undefined) throw new ClaraError('usage', `\`${visible(word)}\` is no setting`, { hint: 'write NAME=VALUE, for example pipeline-ct=PIPELINE_ID' });
    return [key, value];
  }));
  return create(context, 'aetitle', { aeTitle: options.aeTitle, ...(options.name === undefined ? {} : { name: options.name }), overwriteSameInstance: options.overwrite, ignoredSopClasses: options.ignore, processorSettings }, options);
}

export function createSource(context: Context, options: Common & { readonly aeTitle: string; readonly ip: string }): Promise<void> {
  if (isIP(options.ip) === 0) context.io.warn(`\`${visible(options.ip)}\` is no address: senders are known by the address that they come from`);
  return create(context, 'src', { aeTitle: options.aeTitle, hostIp: options.ip }, options);
}

interface DestinationFlags extends Common, CredentialFlags {
  readonly name: string;
  readonly aeTitle: string | undefined;
  readonly ip: string | undefined;
  readonly port: string | undefined;
  readonly url: string | undefined;
}

export async function createDestination(context: Context, options: DestinationFlags): Promise<void> {
  const { name: own, aeTitle, ip, port, url } = options;
  const dicom = { '--aetitle': aeTitle, '--ip': ip, '--port': port };
  if (url !== undefined) {
    const [surplus] = Object.entries(dicom).find(([, value]) => value !== undefined) ?? [];
    if (surplus !== undefined) throw new ClaraError('usage', `${surplus} and --url cannot be used together`, { hint: 'a destination is reached by DICOM or by DICOMweb' });
    const { authType, authId, tlsCa } = await credentialsOf(options);
    return create(context, 'dest', { name: own, url, authType, authID: authId, tlsCa }, options);
  }
  const absent = Object.entries(dicom).filter(([, value]) => value === undefined).map(([flag]) => flag);
  if (absent.length > 0) throw new ClaraError('usage', `missing ${absent.join(', ')}`, { hint: 'or --url, for a DICOMweb server' });
  const web = Object.entries({ '--token-file': options.tokenFile, '--user': options.user, '--password-file': options.passwordFile, '--tls-ca': options.tlsCa }).find(([, value]) => value !== undefined);
  if (web !== undefined) throw new ClaraError('usage', `${web[0]} goes with --url`);
  if (!/^\d+$/.test(port!)) throw new ClaraError('usage', `--port: \`${visible(port!)}\` is not a port`);
  return create(context, 'dest', { name: own, aeTitle: aeTitle!, hostIp: ip!, port: Number(port) }, options);
}

export function lister(noun: Noun) {
  return async (context: Context, { rest, output }: Common): Promise<void> => {
    const all = await Promise.all([paths[noun], ...(noun === 'dest' ? [webPath] : [])].map((path) => ask<Entity[]>(context, rest, 'GET', path)));
    await printList(context.io, viewOf(noun), all.flat(), { output });
  };
}

export function describer(noun: Noun) {
  return async (context: Context, { rest, output }: Common, [wanted = '']: readonly string[]): Promise<void> => {
    const entity = await named(context, noun, wanted, rest, 'GET');
    await printItem(context.io, viewOf(noun), entity, () => linesOf(noun, entity), { output });
  };
}

export function remover(noun: Noun) {
  return async (context: Context, { rest, output }: Common, [wanted = '']: readonly string[]): Promise<void> => {
    const entity = await named(context, noun, wanted, rest, 'DELETE');
    await printItem(context.io, viewOf(noun), entity, () => linesOf(noun, entity), { output });
  };
}

async function named(context: Context, noun: Noun, wanted: string, rest: string | undefined, method: 'GET' | 'DELETE'): Promise<Entity> {
  const candidates = [paths[noun], ...(noun === 'dest' ? [webPath] : [])];
  for (const path of candidates) {
    try {
      return await ask<Entity>(context, rest, method, `${path}/${encodeURIComponent(wanted)}`);
    } catch (thrown) {
      if (!(thrown instanceof ClaraError) || thrown.kind !== 'not-found') throw thrown;
    }
  }
  throw new ClaraError('not-found', `there is no ${noun} \`${visible(wanted)}\``, { hint: `\`clara dicom list ${noun}\` lists them` });
}
