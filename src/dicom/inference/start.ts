import { join } from 'node:path';
import { type FastifyInstance } from 'fastify';
import { type AdapterSettings } from '../settings/model.ts';
import { addInference } from './routes.ts';
import { WebClient } from './retrieve/web-client.ts';
import { Sealing } from './sealing.ts';
import { InferenceService, type InferenceOptions, type InferenceStatus } from './service.ts';

/** The part of the adapter that takes inference requests. */
export interface Inference {
  /** With which credentials of requests are sealed. */
  readonly sealing: Sealing;
  readonly status: () => InferenceStatus;
  readonly routes: (app: FastifyInstance) => void;
  /** Goes on with what an earlier run has left. */
  resume(): void;
  close(): Promise<void>;
}

export interface StartInferenceOptions extends Pick<InferenceOptions, 'store' | 'files' | 'connection' | 'hasRoom' | 'onSubmitted' | 'log'> {
  readonly home: string;
  readonly settings: AdapterSettings['services'];
}

/** Name of the file in the adapter's home that the key for credentials is in. */
const keyFile = 'inference.key';

export async function startInference({ home, settings, ...options }: StartInferenceOptions): Promise<Inference> {
  const hosts = settings.inferenceHosts;
  const sealing = await Sealing.open(join(home, keyFile));
  const service = new InferenceService({ ...options, sealing, web: new WebClient(hosts), retryDelayMs: settings.retryDelayMs });
  return {
    sealing,
    status: () => service.status(),
    routes: (app) => addInference(app, { service, hosts, store: options.store, connection: options.connection }),
    resume: () => service.resume(),
    close: () => service.close(),
  };
}
