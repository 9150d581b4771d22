import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ClaraError } from '../core/errors.ts';
import { parseDuration } from '../core/duration.ts';
import { defaultPort, parseHost } from './host.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One thing that a user can set. `parse` gets the text of whichever source won and names that source in its complaint. */
export interface SettingSpec<T> {
  /** Name in config.yaml; what `clara config set` takes. */
  readonly key: string;
  readonly env: string;
  readonly flag?: string;
  readonly help: string;
  /** As text, in the form that a user would write. */
  readonly fallback: string | undefined;
  readonly parse: (text: string, where: string) => T;
}

/** Settings of calls to the platform: flag over environment over config.yaml over default. */
export const settingSpecs = {
  host: setting('host', 'CLARA_HOST', 'platform to talk to: host, host:port or [IPv6]:port', `localhost:${defaultPort}`, parseHost, '--host'),
  timeout: setting('timeout', 'CLARA_TIMEOUT', 'longest wait for an answer of the platform: seconds, or 500ms, 2m', '30', positiveDuration),
  tokenFile: setting('tokenFile', 'CLARA_TOKEN_FILE', 'file that holds the token of a protected platform', undefined, absolutePath),
  tlsCa: setting('tlsCa', 'CLARA_TLS_CA', 'certificate authority (PEM) of the platform; present means TLS', undefined, absolutePath),
  chunkSize: setting('chunkSize', 'GRPC_CHUNK_SIZE', 'bytes in one message of a transfer, 1024 to 4193792', String(1024 * 1024), integerIn(1024, 4 * 1024 * 1024 - 512)),
  parallelStreams: setting('parallelStreams', 'GRPC_PARALLEL_STREAMS', 'files in transfer at the same time, 1 to 64', '8', integerIn(1, 64)),
} as const;

export type SettingKey = keyof typeof settingSpecs;

/** Variables that are read from the environment only; with settingSpecs this is the whole list. */
export const environmentOnly = {
  CLARA_HOME: 'folder of settings, plugins and local platforms instead of ~/.clara',
  CLARA_CONFIG: 'settings file instead of config.yaml in that folder (same as --config)',
  CLARA_NO_PLUGINS: 'not empty: no plugin is looked for or run',
  NGC_API_KEY: 'key that `clara config` stores where --key is not given',
  KUBECONFIG: 'kubeconfig files of the cluster, instead of ~/.kube/config',
  CLARA_NAMESPACE: 'namespace of the cluster (default: default)',
  CLARA_WF_NAME: 'what the help of `clara-wf` calls it, instead of the name of its file',
  NO_COLOR: 'not empty: no colour (no-color.org)',
  CI: 'not empty: no colour, spinner or question',
  TERM: '`dumb`: no colour, spinner or question',
  PATH: 'where plugins are looked for after the bundled ones and those in ~/.clara/plugins',
} as const;

export type Source = 'flag' | 'environment' | 'file' | 'default';

/** A value together with where it came from; `origin` is the flag, the variable or the file. */
export interface Resolved<T> {
  readonly value: T;
  readonly source: Source;
  readonly origin: string;
}

type SettingValue<K extends SettingKey> = ReturnType<(typeof settingSpecs)[K]['parse']> | ((typeof settingSpecs)[K]['fallback'] extends undefined ? undefined : never);
export type ResolvedSettings = { readonly [K in SettingKey]: Resolved<SettingValue<K>> };

export interface Settings {
  /** `host:port`. */
  readonly host: string;
  readonly timeoutMs: number;
  readonly tokenFile: string | undefined;
  readonly tlsCa: string | undefined;
  /** Bytes of data in one message of a transfer. */
  readonly chunkBytes: number;
  readonly parallelStreams: number;
  /** `~/.clara` or CLARA_HOME; it need not exist. */
  readonly home: string;
  readonly configFile: string;
  readonly resolved: ResolvedSettings;
  /** Complaints about the settings file that do not stop a command. */
  readonly warnings: readonly string[];
}

export interface GlobalFlags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
}

function setting<T, F extends string | undefined>(
  key: string, env: string, help: string, fallback: F, parse: (text: string, where: string) => T, flag?: string,
): SettingSpec<T> & { readonly fallback: F } {
  return { key, env, help, fallback, parse, ...(flag === undefined ? {} : { flag }) };
}

function positiveDuration(text: string, where: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new ClaraError('usage', `${where}: \`${text}\` is not a duration`, { hint: 'give seconds, or a number with ms, s, m or h: 30, 500ms, 2m' });
  return ms;
}

function integerIn(least: number, most: number): (text: string, where: string) => number {
  return (text, where) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new ClaraError('usage', `${where}: \`${text}\` is not a whole number from ${least} to ${most}`);
    return value;
  };
}

function absolutePath(text: string, where: string): string {
  if (text === '') throw new ClaraError('usage', `${where}: the path is empty`);
  return text.startsWith('~/') ? join(homedir(), text.slice(2)) : resolve(text);
}

/** `~/.clara`, or CLARA_HOME. */
export function claraHome(env: Environment = process.env): string {
  return env.CLARA_HOME ? resolve(env.CLARA_HOME) : join(homedir(), '.clara');
}

/** The settings file and whether the user named it: a named one must exist. */
export function configFile(flags: GlobalFlags, env: Environment = process.env): { readonly path: string; readonly named: boolean } {
  const usual = join(claraHome(env), 'config.yaml');
  const path = resolve(flags.config ?? (env.CLARA_CONFIG || usual));
  // Plugins are always told the path, so the usual one is not "named" even where a variable holds it.
  return { path, named: flags.config !== undefined || path !== usual };
}

/** Everything that is set, each value with its source. Fails with `usage` naming the flag, variable or file of a bad value. */
export async function loadSettings(flags: GlobalFlags = {}, env: Environment = process.env): Promise<Settings> {
  const file = configFile(flags, env);
  const { readConfigFile } = await import('./config-file.ts');
  const { values, warnings } = await readConfigFile(file.path, file.named, Object.keys(settingSpecs));
  const resolveOne = <T, F extends string | undefined>(spec: SettingSpec<T> & { readonly fallback: F }, flag?: string): Resolved<T | (F extends undefined ? undefined : never)> => {
    const fromEnv = env[spec.env] || undefined;
    if (flag !== undefined) return { value: spec.parse(flag, spec.flag!), source: 'flag', origin: spec.flag! };
    if (fromEnv !== undefined) return { value: spec.parse(fromEnv, spec.env), source: 'environment', origin: spec.env };
    const fromFile = values.get(spec.key);
    if (fromFile !== undefined) return { value: spec.parse(fromFile, `${spec.key} in ${file.path}`), source: 'file', origin: file.path };
    return { value: (spec.fallback === undefined ? undefined : spec.parse(spec.fallback, spec.key)) as T, source: 'default', origin: 'default' };
  };
  const resolved: ResolvedSettings = {
    host: resolveOne(settingSpecs.host, flags.host),
    timeout: resolveOne(settingSpecs.timeout),
    tokenFile: resolveOne(settingSpecs.tokenFile),
    tlsCa: resolveOne(settingSpecs.tlsCa),
    chunkSize: resolveOne(settingSpecs.chunkSize),
    parallelStreams: resolveOne(settingSpecs.parallelStreams),
  };
  return {
    host: resolved.host.value,
    timeoutMs: resolved.timeout.value,
    tokenFile: resolved.tokenFile.value,
    tlsCa: resolved.tlsCa.value,
    chunkBytes: resolved.chunkSize.value,
    parallelStreams: resolved.parallelStreams.value,
    home: claraHome(env),
    configFile: file.path,
    resolved,
    warnings,
  };
}

/** What the terminal may show. */
export interface TerminalWishes {
  readonly noColor: boolean;
  /** Neither spinner nor question, even on a terminal. */
  readonly unattended: boolean;
}

/** What the environment asks of terminal output (NO_COLOR, CI, TERM). */
export function terminalWishes(env: Environment = process.env): TerminalWishes {
  const unattended = Boolean(env.CI) || env.TERM === 'dumb';
  return { noColor: unattended || Boolean(env.NO_COLOR), unattended };
}

/** What a plugin's process gets: the whole environment of `clara`, and what is in force (docs/cli.md, "Plugins"). */
export function pluginEnvironment(bin: string, settings: Settings, env: Environment = process.env): Record<string, string> {
  const inherited = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { ...inherited, CLARA_BIN: bin, CLARA_HOME: settings.home, CLARA_CONFIG: settings.configFile, CLARA_HOST: settings.host };
}

/** Makes the environment of a plugin that of this process. */
export function adoptPluginEnvironment(bin: string, settings: Settings): void {
  Object.assign(process.env, pluginEnvironment(bin, settings));
}

/** Folders where plugins may lie after the bundled ones, first wins; empty where CLARA_NO_PLUGINS is set. */
export function pluginFolders(bundled: string, env: Environment = process.env): readonly string[] {
  if (env.CLARA_NO_PLUGINS) return [];
  // A plugin is told its path, and may change folder before it looks at it.
  const path = programPath(env).split(':').filter((folder) => folder !== '').map((folder) => resolve(folder));
  return [bundled, userPluginFolder(env), ...path];
}

/** Where `clara plugin install` puts plugins. */
export function userPluginFolder(env: Environment = process.env): string {
  return join(claraHome(env), 'plugins');
}

/** Folders of programs, joined with `:`. */
export function programPath(env: Environment = process.env): string {
  return env.PATH ?? '';
}

/** The NGC key that the environment offers to `clara config`. */
export function ngcKeyFromEnvironment(env: Environment = process.env): string | undefined {
  return env.NGC_API_KEY || undefined;
}
