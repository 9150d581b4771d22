import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ClaraError, messageOf } from '../core/errors.ts';
import { readEngineEnvironment, type EngineEnvironment } from './engine-environment.ts';

/** The command line of the server program (src/platform/main.ts). Times are milliseconds, memory is megabytes. */
export interface PlatformCommandLine {
  readonly home: string;
  readonly listen: string;
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly tokenFile?: string;
  readonly insecure: boolean;
  readonly backend: 'auto' | 'process' | 'docker';
  readonly capacity: { readonly cpus?: number; readonly memoryMb?: number; readonly gpus?: number };
  /** The Results Service. */
  readonly results: { readonly port?: number; readonly leaseMs: number; readonly retainMs: number; readonly removePayloads: boolean };
  readonly limits: { readonly defaultMs: number; readonly maximumMs: number; readonly graceMs: number };
  /** How long a service may take until it answers. */
  readonly serviceMs: number;
  /** The image that serves models. */
  readonly tritonImage?: string;
  /** How full uploads may make the disk, in percent. */
  readonly maxStoragePercent?: number;
  /** What operators, and the programs that run them, get of our environment. */
  readonly environment: EngineEnvironment;
}

/** Platform API, default port (platform-api 2.8). */
const defaultPort = 30031;
/** Clara Administration: pipelineTimeoutDefault, -Maximum and -Grace, in seconds; and our own for services and tasks of the Results Service. */
const defaultSeconds = { default: 600, maximum: 1800, grace: 15, service: 120, lease: 1800, retain: 7 * 86_400 };

const flags = {
  home: { type: 'string' },
  listen: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: String(defaultPort) },
  'results-port': { type: 'string' },
  'results-lease': { type: 'string' },
  'results-retain': { type: 'string' },
  'results-remove-payloads': { type: 'boolean', default: false },
  backend: { type: 'string', default: 'auto' },
  cpus: { type: 'string' },
  memory: { type: 'string' },
  gpus: { type: 'string' },
  'timeout-default': { type: 'string' },
  'timeout-maximum': { type: 'string' },
  'timeout-grace': { type: 'string' },
  'service-timeout': { type: 'string' },
  'triton-image': { type: 'string' },
  'max-storage-percent': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'token-file': { type: 'string' },
  insecure: { type: 'boolean', default: false },
} as const;

/** Reads the command line and environment of the server program; throws a `usage` error that names the flag. */
export function readPlatformCommandLine(args: readonly string[], env: NodeJS.ProcessEnv = process.env): PlatformCommandLine {
  const given = parse(args);
  const certFile = given['tls-cert'];
  const keyFile = given['tls-key'];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ClaraError('usage', '--tls-cert and --tls-key belong together', { hint: 'give both, as PEM files' });
  }
  const cpus = number(given, 'cpus', { above: 0 });
  const memoryMb = number(given, 'memory', { above: 0 });
  const gpus = number(given, 'gpus', { whole: true });
  const maxStoragePercent = number(given, 'max-storage-percent', { above: 0, most: 100 });
  const tokenFile = given['token-file'];
  const port = number(given, 'port', { whole: true, most: 65_535 })!;
  // Whoever leaves one port to chance does not count on the other.
  const resultsPort = number(given, 'results-port', { whole: true, most: 65_535 }) ?? (port === 0 ? 0 : undefined);
  return {
    home: resolve(given.home ?? join(env.CLARA_HOME || join(homedir(), '.clara'), 'platform')),
    listen: given.listen.replace(/^\[(.*)\]$/, '$1'),
    port,
    insecure: given.insecure,
    environment: readEngineEnvironment(env),
    backend: backend(given.backend),
    capacity: { ...(cpus === undefined ? {} : { cpus }), ...(memoryMb === undefined ? {} : { memoryMb }), ...(gpus === undefined ? {} : { gpus }) },
    results: {
      ...(resultsPort === undefined ? {} : { port: resultsPort }),
      leaseMs: (number(given, 'results-lease', {}) ?? defaultSeconds.lease) * 1000,
      retainMs: (number(given, 'results-retain', {}) ?? defaultSeconds.retain) * 1000,
      removePayloads: given['results-remove-payloads'],
    },
    limits: {
      defaultMs: (number(given, 'timeout-default', { above: 0 }) ?? defaultSeconds.default) * 1000,
      maximumMs: (number(given, 'timeout-maximum', { above: 0 }) ?? defaultSeconds.maximum) * 1000,
      graceMs: (number(given, 'timeout-grace', {}) ?? defaultSeconds.grace) * 1000,
    },
    serviceMs: (number(given, 'service-timeout', { above: 0 }) ?? defaultSeconds.service) * 1000,
    ...(given['triton-image'] === undefined || given['triton-image'] === '' ? {} : { tritonImage: given['triton-image'] }),
    ...(maxStoragePercent === undefined ? {} : { maxStoragePercent }),
    ...(certFile === undefined || keyFile === undefined ? {} : { tls: { certFile: resolve(certFile), keyFile: resolve(keyFile) } }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
  };
}

/** File descriptor that takes the ready message, or why there will be none; from CLARA_READY_FD. */
export function readyDescriptor(env: NodeJS.ProcessEnv = process.env): number | undefined {
  return /^\d+$/.test(env.CLARA_READY_FD ?? '') ? Number(env.CLARA_READY_FD) : undefined;
}

type Given = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values;
  } catch (thrown) {
    throw new ClaraError('usage', messageOf(thrown), { cause: thrown });
  }
}

function number(
  given: Given, flag: keyof Given & keyof typeof flags, range: { readonly above?: number; readonly most?: number; readonly whole?: boolean },
): number | undefined {
  const text = given[flag];
  if (text === undefined) return undefined;
  const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN;
  const { above = -Number.MIN_VALUE, most = Number.MAX_SAFE_INTEGER, whole = false } = range;
  if (value > above && value <= most && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? 'a whole number' : 'a number';
  const limits = [above >= 0 ? `above ${above}` : 'of 0 or more', ...(range.most === undefined ? [] : [`up to ${most}`])].join(', ');
  throw new ClaraError('usage', `--${flag} must be ${kind} ${limits}, not "${String(text)}"`);
}

function backend(text: string): PlatformCommandLine['backend'] {
  if (text === 'auto' || text === 'process' || text === 'docker') return text;
  throw new ClaraError('usage', `--backend must be auto, process or docker, not "${text}"`);
}
