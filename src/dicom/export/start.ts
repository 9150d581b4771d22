import { rm } from 'node:fs/promises';
import { type FastifyInstance } from 'fastify';
import { type Connection } from '../../api/client.ts';
import { type ResultsEndpoint } from '../../api/results/http.ts';
import { resultsAddressOf } from '../../actions/results-address.ts';
import { type AdapterCommandLine } from '../../config/adapter-options.ts';
import { splitAddress } from '../../core/addresses.ts';
import { agentPattern } from '../../core/results.ts';
import { type Logger } from '../../system/log.ts';
import { type Sealing } from '../inference/sealing.ts';
import { type DiskGuard } from '../receive/disk-guard.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { deliver } from './deliver.ts';
import { Exporter } from './exporter.ts';
import { ResultsAccess } from './results-access.ts';
import { type ExportStatus } from './status.ts';
import { addDestinations } from './routes.ts';
import { sendTo, targetsOfTask } from './target.ts';

export interface ExportingOptions {
  readonly options: AdapterCommandLine;
  readonly settings: AdapterSettings;
  readonly store: AdapterStore;
  readonly connection: Connection;
  /** `host:port` that jobs go to. */
  readonly platform: string;
  readonly sealing: Sealing;
  /** For files on their way; what is in it is removed. */
  readonly folder: string;
  readonly disk: DiskGuard;
  readonly log: Logger;
}

export interface Exporting {
  status(): ExportStatus;
  /** Adds the routes of destinations. */
  routes(app: FastifyInstance): void;
  close(): Promise<void>;
}

/** Starts the exporters: one under the name of the AE title that we call with, one under that of DICOMweb (dicom-adapter 10). */
export async function startExporting({ options, settings, store, connection, platform, sealing, folder, disk, log }: ExportingOptions): Promise<Exporting> {
  await rm(folder, { recursive: true, force: true });
  const { scu, services } = settings;
  const results = new ResultsAccess(() => resultsEndpoint(options, services.resultsEndpoint, platform), options.platform.timeoutMs);
  const hasRoom = () => disk.hasRoom();
  const delivery = {
    store, connection, folder, parallel: Math.min(services.parallelUploads, 16), hasRoom, failureThreshold: scu.export.failureThreshold, log,
    targets: (task) => targetsOfTask(task, store, sealing, services.inferenceHosts),
    send: (target, files, signal) => sendTo(target, files, scu, signal),
  } satisfies Parameters<typeof deliver>[1];
  // Names of exporters are equal whatever the case: one for both is enough.
  const agents = scu.aeTitle.toLowerCase() === scu.export.agent.toLowerCase() ? [scu.aeTitle] : [scu.aeTitle, scu.export.agent];
  const exporters = agents.flatMap((agent) => {
    if (!new RegExp(agentPattern).test(agent)) {
      log.warn({ agent }, `the Results Service cannot have an exporter named "${agent}": at most 32 letters, digits and hyphens; results for it are not sent`);
      return [];
    }
    return [new Exporter({
      agent, store: store.exports, results, hasRoom, log, atOnce: scu.maximumAssociations, pollMs: scu.export.pollFrequencyMs, maximumRetries: scu.export.maximumRetries, retryDelayMs: scu.export.retryDelayMs,
      deliver: (task, signal) => deliver(task, delivery, signal),
    })];
  });
  return {
    status: () => ({ ...store.exports.counts(), lastFailure: store.exports.lastFailure(), exporters: exporters.map(({ state }) => state) }),
    routes: (app) => addDestinations(app, { store, sealing, scu }),
    close: async () => {
      await Promise.all(exporters.map((exporter) => exporter.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Where the Results Service is: as Kubernetes says, else the settings file, else beside the platform. */
async function resultsEndpoint(options: AdapterCommandLine, url: string | undefined, platform: string): Promise<ResultsEndpoint> {
  const { tlsCa, token } = options.platform;
  const access = { kind: 'network', ...(token === undefined ? {} : { token }) } as const;
  if (options.results === undefined && url !== undefined) {
    const { protocol, hostname, port } = new URL(url);
    const isSecure = protocol === 'https:';
    const at = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || (isSecure ? 443 : 80) };
    return { ...access, ...at, ...(isSecure ? { tls: true, ...(tlsCa === undefined ? {} : { tlsCa }) } : {}) };
  }
  return { ...access, ...splitAddress(options.results ?? await resultsAddressOf(platform, options.claraHome)), ...(tlsCa === undefined ? {} : { tlsCa }) };
}
