/**
 * What a platform server can be started with; what is left out takes the server's default. Paths are absolute, times are
 * seconds, memory is megabytes.
 */
export interface ServerSettings {
  readonly listen?: string;
  readonly port?: number;
  readonly resultsPort?: number;
  readonly resultsLease?: number;
  readonly resultsRetain?: number;
  /** Only from appsettings.json. */
  readonly resultsRemovePayloads?: boolean;
  readonly backend?: 'auto' | 'process' | 'docker';
  readonly cpus?: number;
  readonly memory?: number;
  readonly gpus?: number;
  readonly timeoutDefault?: number;
  readonly timeoutMaximum?: number;
  readonly timeoutGrace?: number;
  readonly serviceTimeout?: number;
  readonly tritonImage?: string;
  /** Only from values.yaml. */
  readonly maxStoragePercent?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
}

const flags: Readonly<Record<keyof ServerSettings, string>> = {
  listen: '--listen', port: '--port',
  resultsPort: '--results-port', resultsLease: '--results-lease', resultsRetain: '--results-retain', resultsRemovePayloads: '--results-remove-payloads',
  backend: '--backend', cpus: '--cpus', memory: '--memory', gpus: '--gpus',
  timeoutDefault: '--timeout-default', timeoutMaximum: '--timeout-maximum', timeoutGrace: '--timeout-grace',
  serviceTimeout: '--service-timeout', tritonImage: '--triton-image',
  maxStoragePercent: '--max-storage-percent',
  tlsCert: '--tls-cert', tlsKey: '--tls-key', tokenFile: '--token-file', insecure: '--insecure',
};

/** The command line of the server program. */
export function serverArguments(home: string, settings: ServerSettings): string[] {
  const args = ['--home', home];
  for (const [key, flag] of Object.entries(flags)) {
    const value = settings[key as keyof ServerSettings];
    if (value === true) args.push(flag);
    else if (value !== undefined && value !== false) args.push(flag, String(value));
  }
  return args;
}
