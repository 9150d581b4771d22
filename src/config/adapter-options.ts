import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { hostAndPort } from '../core/addresses.ts';
import { ClaraError, messageOf } from '../core/errors.ts';
import { claraHome, loadSettings } from './settings.ts';

/** The command line and environment of the DICOM adapter's server program (src/dicom/main.ts). */
export interface AdapterCommandLine {
  /** `~/.clara`, where settings files are. */
  readonly claraHome: string;
  /** The adapter's own folder. */
  readonly home: string;
  /** The settings file that the user named. */
  readonly file: string | undefined;
  readonly listen: string;
  /** 0 is any free one; undefined: as the settings file says. */
  readonly port: number | undefined;
  readonly restListen: string;
  readonly restPort: number | undefined;
  /** Whether the log says more. */
  readonly verbose: boolean;
  /** Files for TLS, absolute paths; undefined: as the settings file says. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly clientCa: string | undefined } | undefined;
  /** `host:port` of the Results Service, from the variables that Kubernetes sets for it; they win over a settings file. */
  readonly results?: string;
  readonly platform: {
    /** `host:port` from the command line. */
    readonly named: string | undefined;
    /** From the variables that Kubernetes sets for the platform's Service; they win over a settings file. */
    readonly injected: string | undefined;
    /** Where clara's own settings lead. */
    readonly usual: string;
    readonly timeoutMs: number;
    readonly tlsCa: Buffer | undefined;
    readonly token: string | undefined;
  };
}

const flags = {
  home: { type: 'string' }, platform: { type: 'string' }, file: { type: 'string' },
  listen: { type: 'string', default: '127.0.0.1' }, port: { type: 'string' },
  'rest-listen': { type: 'string', default: '127.0.0.1' }, 'rest-port': { type: 'string' },
  'tls-cert': { type: 'string' }, 'tls-key': { type: 'string' }, 'tls-client-ca': { type: 'string' },
  verbose: { type: 'boolean', default: false },
} as const;

/** Reads them; throws a `usage` error that names the flag. */
export async function readAdapterCommandLine(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<AdapterCommandLine> {
  const given = parse(args);
  const settings = await loadSettings({}, env);
  const injected = serviceAt(env.CLARA_SERVICE_HOST, env.CLARA_SERVICE_PORT_API);
  const results = serviceAt(env.CLARA_RESULTSSERVICE_SERVICE_HOST, env.CLARA_RESULTSSERVICE_SERVICE_PORT);
  return {
    claraHome: claraHome(env),
    home: resolve(given.home ?? join(claraHome(env), 'dicom')),
    file: given.file === undefined ? undefined : resolve(given.file),
    listen: given.listen,
    port: portOf('port', given.port),
    restListen: given['rest-listen'],
    restPort: portOf('rest-port', given['rest-port']),
    verbose: given.verbose,
    tls: tlsOf(given['tls-cert'], given['tls-key'], given['tls-client-ca']),
    ...(results === undefined ? {} : { results }),
    platform: {
      named: given.platform,
      injected,
      usual: settings.host,
      timeoutMs: settings.timeoutMs,
      tlsCa: settings.tlsCa === undefined ? undefined : await readSecret(settings.tlsCa, 'certificate authority'),
      token: settings.tokenFile === undefined ? undefined : (await readSecret(settings.tokenFile, 'token')).toString('utf8').trim(),
    },
  };
}

/** A Service of Kubernetes; both variables have to say something. */
function serviceAt(host: string | undefined, port: string | undefined): string | undefined {
  return host?.trim() && port?.trim() ? hostAndPort(host.trim(), Number(port)) : undefined;
}

/** A path as a settings file names it: `~/` is the user's own folder, and what is relative is below `base`. */
export function pathFrom(text: string, base: string): string {
  if (text.startsWith('~/')) return join(homedir(), text.slice(2));
  return isAbsolute(text) ? text : resolve(base, text);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values;
  } catch (thrown) {
    throw new ClaraError('usage', messageOf(thrown), { cause: thrown });
  }
}

function tlsOf(certificate: string | undefined, key: string | undefined, clientCa: string | undefined): AdapterCommandLine['tls'] {
  if (certificate === undefined && key === undefined && clientCa === undefined) return undefined;
  if (certificate === undefined || key === undefined) throw new ClaraError('usage', '--tls-cert and --tls-key belong together', { hint: 'give both, as PEM files' });
  return { certificate: resolve(certificate), key: resolve(key), clientCa: clientCa === undefined ? undefined : resolve(clientCa) };
}

function portOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new ClaraError('usage', `--${flag} must be a whole number of 0 or more, up to 65535, not "${text}"`);
}

async function readSecret(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw new ClaraError('usage', `the ${what} file cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}
