import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Connection } from '../api/client.ts';
import { pathFrom, type AdapterCommandLine } from '../config/adapter-options.ts';
import { adapterPorts, type AdapterReady } from './adapter-home.ts';
import { hostAndPort, isLoopback } from '../core/addresses.ts';
import { ClaraError, systemCode } from '../core/errors.ts';
import { serverFiles } from '../core/server-home.ts';
import { fullVersion, version } from '../core/version.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { acquireLock } from '../system/lock.ts';
import { type Logger } from '../system/log.ts';
import { startExporting } from './export/start.ts';
import { Grouper } from './inbox/grouper.ts';
import { startInference } from './inference/start.ts';
import { listen } from './listen.ts';
import { operationOf } from './operate/operation.ts';
import { DiskGuard } from './receive/disk-guard.ts';
import { InstanceFiles } from './receive/instance-files.ts';
import { pseudonyms } from './private-log.ts';
import { Receiver } from './receive/receiver.ts';
import { findingLine } from './settings/findings.ts';
import { openRest } from './rest/app.ts';
import { loadSettings } from './settings/load.ts';
import { type AdapterSettings } from './settings/model.ts';
import { openAdapterStore, type AdapterStore } from './store/store.ts';
import { Submitter } from './submit/submitter.ts';
import { Undo } from '../system/server-process/undo.ts';

export interface RunningAdapter {
  readonly ready: AdapterReady;
  /** Settled when the adapter has ended, by whoever's wish. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** What messages that are arriving get to end when the adapter stops, in ms. */
const graceMs = 5000;
/** How long it is known what became of an instance, once its jobs have begun. */
const rememberedMs = 7 * 86_400_000;
/** Where there are more of them, the oldest are forgotten earlier. */
const rememberedInstances = 500_000;
const forgetEveryMs = 3_600_000;

/** Starts an adapter in its home and returns when it takes associations. What fails on the way leaves nothing behind. `product` is the folder of the built programs. */
export async function startAdapter(options: AdapterCommandLine, log: Logger, product: string = import.meta.dirname): Promise<RunningAdapter> {
  const { settings, file, warnings, tls: tlsOfFile } = await loadSettings(options.claraHome, options.file);
  for (const warning of warnings) log.warn({ path: warning.path }, findingLine(warning));
  const undo = new Undo('the DICOM adapter', log);
  try {
    const lock = acquireLock(join(options.home, serverFiles.lock), 'a DICOM adapter');
    undo.push(() => lock.release());
    const store = openAdapterStore(join(options.home, 'dicom.db'), settings.storage.sync);
    undo.push(() => store.db.close());
    store.entities.seed({ aeTitles: settings.scp.aeTitles, sources: settings.scp.sources, destinations: settings.scu.destinations });
    const files = openFiles(options, settings);
    const wanted = store.inbox.files();
    const swept = await files.sweep((name) => wanted.has(name));
    if (swept > 0) log.info({ files: swept }, 'what an earlier run had left was removed');

    const platform = options.platform.named ?? options.platform.injected ?? settings.services.platformEndpoint ?? options.platform.usual;
    const connection = openPlatform(platform, options);
    undo.push(() => connection.close());
    const submitter = new Submitter({ store, files, connection, settings: settings.services, log });
    undo.push(() => submitter.close());
    const grouper = new Grouper({ store, log, onClosed: () => submitter.wake() });
    undo.push(() => grouper.close());
    const disk = new DiskGuard(files.folder, settings.storage);
    const receiver = new Receiver({ settings: settings.scp, store, files, disk, grouper, pseudonym: await pseudonyms(options.home), log });
    const inference = await startInference({ home: options.home, settings: settings.services, store, files, connection, hasRoom: () => disk.hasRoom(), onSubmitted: () => submitter.wake(), log });
    undo.push(() => inference.close());
    const exporting = await startExporting({ options, settings, store, connection, platform, sealing: inference.sealing, folder: join(dirname(files.folder), 'exports'), disk, log });
    undo.push(() => exporting.close());
    const scp = await listen({ commandLine: options, settings: settings.scp, tls: tlsOfFile, receiver, log });
    undo.push(() => scp.close(graceMs));
    const rest = await openRest({
      listen: options.restListen, port: options.restPort ?? adapterPorts.rest, store, log, pages: join(product, 'lib', 'swagger-ui'),
      operation: operationOf({ settings: settings.scp, store, scp, grouper, submitter, disk, exporting, inference }), more: [inference.routes, exporting.routes],
    });
    undo.push(() => rest.close());
    if (!isLoopback(options.restListen)) log.warn({ rest: options.restListen }, 'the REST API asks for no password, and other machines can reach it: whoever does may see who was examined and change where results go');
    grouper.resume();
    submitter.wake();
    inference.resume();
    keepTidy(store, undo);

    const ready: AdapterReady = { pid: process.pid, dicom: hostAndPort(options.listen, scp.port), rest: hostAndPort(options.restListen, rest.port), platform, ...(file === undefined ? {} : { settings: file }), version, startedAt: Date.now() };
    await writeFileAtomically(join(options.home, serverFiles.ready), `${JSON.stringify(ready)}\n`);
    undo.push(() => rmSync(join(options.home, serverFiles.ready), { force: true }));
    log.info({ ...ready, home: options.home, aeTitles: store.entities.aeTitles().map(({ aeTitle }) => aeTitle) }, 'the DICOM adapter is ready');
    return { ready, ended: undo.done, close: () => undo.all() };
  } catch (thrown) {
    await undo.all();
    throw thrown;
  }
}

function openFiles(options: AdapterCommandLine, { storage }: AdapterSettings): InstanceFiles {
  const folder = join(storage.temporary === undefined ? options.home : pathFrom(storage.temporary, options.home), 'instances');
  try {
    return new InstanceFiles(folder, storage.sync);
  } catch (thrown) {
    throw new ClaraError('failed', `the folder for what is received, ${folder}, cannot be made (${systemCode(thrown) ?? String(thrown)})`, { cause: thrown, hint: 'make it writable, or change `storage.temporary` in the settings file' });
  }
}

function openPlatform(target: string, { platform: { tlsCa, token, timeoutMs } }: AdapterCommandLine): Connection {
  return new Connection({ target, timeoutMs, userAgent: `clara-dicom/${fullVersion}`, ...(tlsCa === undefined ? {} : { tlsCa }), ...(token === undefined ? {} : { token }) });
}

function keepTidy(store: AdapterStore, undo: Undo): void {
  const forget = () => {
    store.inbox.forget(Date.now() - rememberedMs, rememberedInstances);
    store.exports.forget(Date.now() - rememberedMs);
    store.inference.forget(Date.now() - rememberedMs);
  };
  forget();
  const timer = setInterval(forget, forgetEveryMs);
  undo.push(() => clearInterval(timer));
}
