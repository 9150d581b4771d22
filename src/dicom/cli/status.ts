import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError } from '../../core/errors.ts';
import { serverFiles } from '../../core/server-home.ts';
import { type Context } from '../../terminal/context.ts';
import { LiveLines } from '../../terminal/output/live-lines.ts';
import { printEvent, printItem, type ItemView, type PrintOptions } from '../../terminal/print.ts';
import { type AdapterReady } from '../adapter-home.ts';
import { type AdapterStatus } from '../operate/status.ts';
import { adapterState, localAdapter } from './place.ts';
import { ask } from './rest-client.ts';
import { statusLines } from './status-lines.ts';

/** All that is told of an adapter. */
export interface ShownStatus {
  readonly state: 'running' | 'busy' | 'stopped';
  readonly ready: AdapterReady | undefined;
  readonly doing: AdapterStatus | undefined;
  readonly home: string;
  readonly log: string;
}

interface Options extends PrintOptions {
  readonly watch: boolean;
}

/** Between two looks, in ms. */
const pauseMs = 1000;

const view: ItemView<ShownStatus> = {
  kind: 'dicom', id: () => 'clara-dicom-adapter',
  data: ({ state, ready, doing, home, log }) => ({ state, ...(ready === undefined ? {} : { ...ready, startedAt: new Date(ready.startedAt).toISOString() }), ...doing, home, log }),
};

/** `clara dicom status`: what the adapter of this machine is doing; fails with `unreachable` where none runs. */
export async function status(context: Context, options: Options): Promise<void> {
  if (options.watch) return watch(context, options);
  const shown = await look(context);
  await printItem(context.io, view, shown, () => statusLines(shown, options.output === 'wide'), options);
  requireRunning(shown);
}

async function look(context: Context): Promise<ShownStatus> {
  const { home } = await localAdapter(context);
  const state = await adapterState(context);
  const running = state.kind === 'running' ? { ready: state.ready, doing: await ask<AdapterStatus>(context, undefined, 'GET', '/api/status') } : { ready: undefined, doing: undefined };
  return { state: state.kind, ...running, home, log: join(home, serverFiles.log) };
}

/** Draws it again in its place on a terminal; elsewhere prints it again where something has changed, until the adapter ends or the reader does. */
async function watch(context: Context, options: Options): Promise<void> {
  const { io, signal } = context;
  const live = (options.output === undefined || options.output === 'wide') && LiveLines.possible(io) ? new LiveLines(io) : undefined;
  for (let before: string | undefined; ;) {
    const shown = await look(context);
    const lines = statusLines(shown, options.output === 'wide');
    // Times that run down, and a disk that others write to, are no news.
    const now = JSON.stringify(shown, (key, value: unknown) => (['closesInMs', 'nextAttemptInMs', 'freeBytes'].includes(key) ? undefined : value));
    if (live !== undefined) await live.show(lines);
    else if (now !== before) await printEvent(io, view, shown, () => (before === undefined ? lines : ['', ...lines]), options);
    before = now;
    requireRunning(shown);
    await sleep(pauseMs, undefined, { signal });
  }
}

function requireRunning({ state, home }: ShownStatus): void {
  if (state === 'stopped') throw new ClaraError('unreachable', `no DICOM adapter runs in ${home}`, { hint: 'start it with `clara dicom start`' });
  if (state === 'busy') throw new ClaraError('unreachable', `the DICOM adapter in ${home} is starting or stopping`, { hint: 'ask again in a moment, or see `clara dicom logs`' });
}
