import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Server } from '@grpc/grpc-js';
import { hostAndPort } from '../core/addresses.ts';
import { ClaraError, messageOf } from '../core/errors.ts';
import { serverFiles, type ReadyMessage } from '../core/server-home.ts';
import { version } from '../core/version.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { acquireLock } from '../system/lock.ts';
import { type Logger } from '../system/log.ts';
import { Undo } from '../system/server-process/undo.ts';
import { maxMessageBytes } from '../api/client.ts';
import { widenWindows } from '../api/flow-control.ts';
import { WireCode } from '../api/wire-codes.ts';
import { addService } from '../api/server.ts';
import { ClaraService, JobsService, ModelsService, MonitorService, PayloadsService, PipelinesService } from '../api/services.ts';
import { checkExposure, readKeyPair, readToken, requireToken, serverCredentials } from './access.ts';
import { createEngine } from './engine/create-engine.ts';
import { type Engine } from './engine/engine.ts';
import { type EngineEnvironment } from '../config/engine-environment.ts';
import { type PlatformOptions } from './options.ts';
import { Cleaner } from './results/cleaner.ts';
import { openResults } from './results/service.ts';
import { claraService } from './services/clara.ts';
import { machineFailure, tellingFailures } from './services/common.ts';
import { type Stores } from './services/context.ts';
import { jobsService } from './services/jobs/service.ts';
import { modelsService } from './services/models/service.ts';
import { monitorService } from './services/monitor.ts';
import { deletePayload } from './services/payloads/delete.ts';
import { payloadsService } from './services/payloads/service.ts';
import { pipelinesService } from './services/pipelines/service.ts';
import { openPlatformDatabase } from './store/database.ts';
import { SqliteJobStore } from './store/jobs.ts';
import { MetadataStore } from './store/metadata.ts';
import { ModelFiles } from './store/model-files.ts';
import { ModelStore } from './store/models.ts';
import { PayloadFiles } from './store/payload-files.ts';
import { PayloadStore } from './store/payloads.ts';
import { PipelineStore } from './store/pipelines.ts';

/** How a platform ends: `detach` leaves operators running for the next server to re-attach to. */
export type Ending = 'stop' | 'detach';

/** What operators on this machine are run with. */
export interface Host {
  /** The host's, as far as operators get it. */
  readonly environment: EngineEnvironment;
  /** The folder of the built product, where `operators/<name>.js` are. */
  readonly product: string;
}

export interface RunningPlatform {
  readonly ready: ReadyMessage;
  /** Settled when the platform has ended, by whoever's wish. */
  readonly ended: Promise<void>;
  close(how: Ending): Promise<void>;
}

/** What calls get to finish when the platform ends, in milliseconds; then they are cut. */
const callsPatienceMs = 2000;

/** Starts a platform in its home and returns when it takes calls. What fails on the way leaves nothing behind. */
export async function startPlatform(options: PlatformOptions, host: Host, log: Logger): Promise<RunningPlatform> {
  checkExposure(options);
  const token = options.tokenFile === undefined ? undefined : readToken(options.tokenFile);
  const tls = readKeyPair(options);
  const credentials = serverCredentials(tls);
  makeHome(options.home);
  const undo = new Undo<Ending>('the platform', log);
  try {
    const lock = acquireLock(join(options.home, serverFiles.lock), 'a platform');
    undo.push(() => lock.release());
    const stores = openStores(options, log);
    undo.push(() => stores.db.close());
    const results = await openResults(stores.db, {
      listen: options.listen, ...resultsDoors(options, host), tls, token, leaseMs: options.results.leaseMs,
    }, log);
    undo.push(() => results.close());
    const engine = await createEngine({
      ...host, results: { address: results.address, folder: resultsFolder(options) }, db: stores.db, jobs: stores.jobs, definition: (id, revision) => stores.pipelines.files(id, revision),
      models: { file: (name) => stores.models.named(name)?.file, open: (file) => stores.modelFiles.open(file) }, options, log,
    });
    undo.push((how) => engine.close(how));
    await engine.recover();
    const cleaner = options.results.retainMs === 0 ? undefined : new Cleaner({
      store: results.store, retainMs: options.results.retainMs, log,
      deletePayload: options.results.removePayloads ? (id) => removePayload(stores, id) : undefined,
    });
    undo.push(() => cleaner?.close());

    const closing = new AbortController();
    const server = new Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      // A caller whose machine has vanished would otherwise hold its call, and its half of a file, for ever.
      'grpc.keepalive_time_ms': 60_000,
      'grpc.keepalive_timeout_ms': 20_000,
      interceptors: token === undefined ? [] : [requireToken(token)],
    });
    widenWindows(server);
    addServices(server, stores, engine, closing.signal, () => setImmediate(() => void undo.all('stop')));
    const port = await bind(server, options, credentials);
    undo.push(() => shutDown(server));

    const ready: ReadyMessage = {
      pid: process.pid, grpc: hostAndPort(options.listen, port), results: results.address, tls: options.tls !== undefined, version, startedAt: Date.now(),
    };
    const readyFile = join(options.home, serverFiles.ready);
    await writeFileAtomically(readyFile, `${JSON.stringify(ready)}\n`);
    undo.push(() => { closing.abort(); rmSync(readyFile, { force: true }); });
    log.info({ ...ready, home: options.home }, 'the platform is ready');
    return { ready, ended: undo.done, close: (how) => undo.all(how) };
  } catch (thrown) {
    // Operators that were found running are not ours to stop: a platform that does start goes on with them.
    await undo.all('detach');
    throw cannotUse(options.home, thrown);
  }
}

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw cannotUse(home, thrown);
  }
}

/** A home that is full, read-only or somebody else's, in words. */
function cannotUse(home: string, thrown: unknown): unknown {
  const failure = thrown instanceof ClaraError ? undefined : machineFailure(thrown);
  if (failure === undefined) return thrown;
  const hint = failure.full ? 'free some space, or name another home with CLARA_HOME' : 'check whom the folder belongs to, or name another home with CLARA_HOME';
  return new ClaraError('failed', `the platform cannot start in ${home}: ${failure.reason}`, { cause: thrown, hint });
}

/** Where operators find the socket of the Results Service. */
function resultsFolder({ home }: PlatformOptions): string {
  return join(home, 'results');
}

function resultsDoors(options: PlatformOptions, { product }: Host): { readonly port: number | undefined; readonly folder: string; readonly assets: string } {
  return { port: options.results.port, folder: resultsFolder(options), assets: join(product, 'lib', 'swagger-ui') };
}

async function removePayload(stores: Stores, id: string): Promise<void> {
  const payload = stores.payloads.get(id);
  if (payload !== undefined) await deletePayload(stores, payload);
}

function openStores({ home, maxStoragePercent }: PlatformOptions, log: Logger): Stores & { readonly jobs: SqliteJobStore } {
  const db = openPlatformDatabase(join(home, 'platform.db'));
  try {
    const stores = {
      db,
      pipelines: new PipelineStore(db),
      payloads: new PayloadStore(db),
      payloadFiles: new PayloadFiles(join(home, 'payloads'), maxStoragePercent),
      jobs: new SqliteJobStore(db),
      models: new ModelStore(db),
      modelFiles: new ModelFiles(join(home, 'models'), maxStoragePercent),
      metadata: new MetadataStore(db),
      log,
    };
    stores.payloadFiles.sweep((id) => stores.payloads.get(id) !== undefined);
    stores.modelFiles.sweep((name) => stores.models.hasFile(name));
    return stores;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

function addServices(server: Server, stores: Stores, engine: Engine, closing: AbortSignal, stop: () => void): void {
  const onUnexpected = (thrown: unknown, method: string) => stores.log.error({ err: thrown, method }, 'a call failed');
  addService(server, ClaraService, claraService(stop, closing), onUnexpected);
  addService(server, JobsService, tellingFailures(jobsService(stores, engine, closing), WireCode.jobStore, stores.log), onUnexpected);
  addService(server, ModelsService, tellingFailures(modelsService(stores), WireCode.modelUpload, stores.log), onUnexpected);
  addService(server, MonitorService, monitorService(), onUnexpected);
  addService(server, PayloadsService, tellingFailures(payloadsService(stores, engine), WireCode.payloadUpload, stores.log), onUnexpected);
  addService(server, PipelinesService, tellingFailures(pipelinesService(stores), WireCode.pipelineStore, stores.log), onUnexpected);
}

function bind(server: Server, { listen, port }: PlatformOptions, credentials: ReturnType<typeof serverCredentials>): Promise<number> {
  const address = hostAndPort(listen, port);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(cannotListen(address, listen, port, error));
    });
  });
}

function cannotListen(address: string, listen: string, port: number, error: Error): ClaraError {
  const text = messageOf(error);
  if (text.includes('EADDRINUSE')) {
    return new ClaraError('failed', `port ${port} of ${listen} is in use by another program`, { cause: error, hint: 'choose another with --port, or 0 for any free one' });
  }
  if (text.includes('EACCES')) {
    return new ClaraError('failed', `port ${port} may not be bound by this user`, { cause: error, hint: 'choose one above 1023 with --port' });
  }
  return new ClaraError('failed', `cannot listen at ${address} (${text})`, { cause: error, hint: 'name an address of this machine with --listen' });
}

/** Takes no more calls, and cuts those that do not end by themselves: tryShutdown alone may never return (grpc-node 1458, 1664). */
function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => { server.forceShutdown(); resolve(); }, callsPatienceMs);
    server.tryShutdown(() => { clearTimeout(patience); resolve(); });
  });
}
