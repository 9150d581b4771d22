export { type ReadyMessage } from '../core/server-home.ts';

/** How one platform server is set up. Times are milliseconds, memory is megabytes. */
export interface PlatformOptions {
  /** The server's own folder: database, payloads, job folders, models, log. Absolute. */
  readonly home: string;
  /** Address to bind; anything but loopback needs TLS and a token, or `insecure`. */
  readonly listen: string;
  /** gRPC port; 0 takes any free one. */
  readonly port: number;
  readonly results: ResultsSettings;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly tokenFile?: string;
  readonly insecure: boolean;
  readonly backend: 'auto' | 'process' | 'docker';
  /** What jobs may use together; undefined means what the machine has. */
  readonly capacity: { readonly cpus?: number; readonly memoryMb?: number; readonly gpus?: number };
  readonly limits: JobLimits;
  /** How long a service may take until it answers. */
  readonly serviceMs: number;
  /** The image that serves models; undefined where there is none. */
  readonly tritonImage?: string;
  /** How full uploads may make the disk, in percent (Clara Administration: maxStorageUsagePercentage); undefined sets no limit. */
  readonly maxStoragePercent?: number;
}

/** How the Results Service is set up. */
export interface ResultsSettings {
  /** HTTP port; 0 takes any free one, undefined 8088 where that is free. */
  readonly port?: number;
  /** How long an exporter may have a task before it is taken for dead; 0 for ever. */
  readonly leaseMs: number;
  /** How long the tasks of a job are kept once all of them have ended; 0 for ever. */
  readonly retainMs: number;
  /** Whether its payloads go with them. */
  readonly removePayloads: boolean;
}

/** Time limits of jobs (Clara Administration: pipelineTimeoutDefault, -Maximum, -Grace). */
export interface JobLimits {
  readonly defaultMs: number;
  readonly maximumMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

export const defaultLimits: JobLimits = { defaultMs: 600_000, maximumMs: 1_800_000, graceMs: 15_000 };
