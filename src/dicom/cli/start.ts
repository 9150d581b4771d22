import { join, resolve } from 'node:path';
import { lastSettings, localServerState, startLocalServer, stopLocalServer } from '../../actions/local-server.ts';
import { splitAddress } from '../../core/addresses.ts';
import { serverFiles } from '../../core/server-home.ts';
import { type Context } from '../../terminal/context.ts';
import { printItem } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { type ClaraAeTitle } from '../entities/entities.ts';
import { adapterArguments, type AdapterReady, type AdapterStartSettings } from '../adapter-home.ts';
import { type ServerFlags } from './declarations.ts';
import { type AdapterStatus } from '../operate/status.ts';
import { layFirstSettings } from './first-settings.ts';
import { localAdapter, platformFor } from './place.ts';
import { ask } from './rest-client.ts';

interface StartFlags extends ServerFlags {
  readonly output: OutputFormat | undefined;
}

/** What messages that are arriving may take to end, and the adapter itself after them, in ms. */
const stopPatienceMs = 20_000;

/** `clara dicom start`: returns when the adapter takes associations. */
export async function start(context: Context, options: StartFlags): Promise<void> {
  if (options.output === undefined) await context.io.line('Starting DICOM Adapter...');
  if (options.file === undefined) await layFirstSettings(context);
  const asked = settingsOf(context, options);
  const { kind, ready } = await launch(context, asked);
  await report(context, ready, options, kind === 'started' ? 'NAME: clara-dicom-adapter' : 'the DICOM adapter is already running');
  if (kind === 'already-running' && Object.keys(asked).length > 0) context.io.note('the flags were not used; `clara dicom restart` with the same flags applies them');
}

/** `clara dicom restart`: with what the last start was asked for, and flags on top. */
export async function restart(context: Context, options: StartFlags): Promise<void> {
  if (options.output === undefined) await context.io.line('Restarting DICOM Adapter...');
  const asked = settingsOf(context, options);
  const adapter = await localAdapter(context);
  const state = await localServerState(adapter);
  const before = await lastSettings<AdapterStartSettings>(adapter.home);
  // A port that was left to chance is kept: senders go on where they were.
  const ports = state.kind !== 'running' ? {} : { ...(before.port === 0 ? { port: splitAddress(state.ready.dicom).port } : {}), ...(before.restPort === 0 ? { restPort: splitAddress(state.ready.rest).port } : {}) };
  await stopLocalServer(adapter.home, { signal: 'SIGTERM', patienceMs: stopPatienceMs });
  const { ready } = await launch(context, { ...before, ...ports, ...asked });
  await report(context, ready, options, 'NAME: clara-dicom-adapter');
}

export async function stop(context: Context): Promise<void> {
  await context.io.line('Stopping DICOM Adapter...');
  const how = await stopLocalServer((await localAdapter(context)).home, { signal: 'SIGTERM', patienceMs: stopPatienceMs });
  if (how === 'killed') context.io.warn('the DICOM adapter did not end in time and was killed; what it has acknowledged is kept');
  await context.io.line(how === 'not-running' ? 'the DICOM adapter is not running' : 'the DICOM adapter is stopped');
}

async function launch(context: Context, asked: AdapterStartSettings) {
  const adapter = await localAdapter(context);
  const platform = await platformFor(context);
  return startLocalServer(adapter, adapterArguments(adapter.home, { ...asked, ...(platform === undefined ? {} : { platform }) }), asked, {
    signal: context.signal, onWaiting: (pid) => context.io.note(`waiting for the DICOM adapter that is starting or stopping (process ${pid ?? 'unknown'})`),
  });
}

/** Only what the user asked for; the rest is left to the settings file. */
function settingsOf({ io }: Context, { file, listen, port, restListen, restPort, tlsCert, tlsKey, tlsClientCa }: StartFlags): AdapterStartSettings {
  const [settingsFile, certificate, key, clientCa] = [file, tlsCert, tlsKey, tlsClientCa].map((path) => (path === undefined ? undefined : resolve(path)));
  const all = { file: settingsFile, listen, port, restListen, restPort, tlsCert: certificate, tlsKey: key, tlsClientCa: clientCa, verbose: io.terminal.verbose || undefined };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

async function report(context: Context, ready: AdapterReady, { output }: StartFlags, first: string): Promise<void> {
  const { home } = await localAdapter(context);
  const titles = (await ask<ClaraAeTitle[]>(context, undefined, 'GET', '/api/config/claraaetitle')).map(({ aeTitle }) => aeTitle);
  const log = join(home, serverFiles.log);
  const data = () => ({ state: 'running', dicom: ready.dicom, rest: ready.rest, platform: ready.platform, aeTitles: titles, pid: ready.pid, version: ready.version, startedAt: new Date(ready.startedAt).toISOString(), settings: ready.settings, home, log });
  await printItem(context.io, { kind: 'dicom', id: () => ready.dicom, data }, ready, () => [
    first, `DICOM:    ${ready.dicom}`, `REST:     ${ready.rest}`, `PLATFORM: ${ready.platform}`, `TITLES:   ${titles.length === 0 ? 'none yet; see `clara dicom create aetitle`' : titles.join(' ')}`, ...(ready.settings === undefined ? [] : [`SETTINGS: ${ready.settings}`]), `HOME:     ${home}`, `LOG:      ${log}`,
  ], { output });
  const { senders } = await ask<AdapterStatus>(context, undefined, 'GET', '/api/status');
  if (senders.unknown === 'rejected' && senders.registered === 0) context.io.note('nobody may send yet: `clara dicom create src -a AE_TITLE -i ADDRESS` lets a sender in');
}
