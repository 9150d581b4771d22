import { join } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { serverFiles } from '../../core/server-home.ts';
import { type Context } from '../../terminal/context.ts';
import { printItem } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { type AdapterStatus } from '../rest/app.ts';
import { adapterState, localAdapter } from './place.ts';
import { ask } from './rest-client.ts';

/** `clara dicom status`: what the adapter of this machine is doing; fails with `unreachable` where none runs. */
export async function status(context: Context, options: { readonly output: OutputFormat | undefined }): Promise<void> {
  const { home } = await localAdapter(context);
  const state = await adapterState(context);
  const doing = state.kind === 'running' ? await ask<AdapterStatus>(context, undefined, 'GET', '/api/status') : undefined;
  const place = { home, log: join(home, serverFiles.log) };
  const ready = state.kind === 'running' ? state.ready : undefined;
  const data = () => ({ state: state.kind, ...(ready === undefined ? {} : { ...ready, startedAt: new Date(ready.startedAt).toISOString() }), ...doing, ...place });
  const lines = () => {
    const rows: [string, string][] = [['STATE', state.kind]];
    if (ready !== undefined && doing !== undefined) {
      const { submissions: { queued, created, uploaded, completed, faulted }, disk } = doing;
      rows.push(['DICOM', ready.dicom], ['REST', ready.rest], ['PLATFORM', ready.platform], ['PID', String(ready.pid)], ['VERSION', ready.version]);
      rows.push(['ASSOCIATIONS', String(doing.associations)], ['WAITING', `${doing.groupsWaiting} groups`], ['JOBS', `${queued + created + uploaded} to submit, ${completed} submitted, ${faulted} given up`]);
      rows.push(['DISK', `${(disk.freeBytes / 1e9).toFixed(1)} GB free, ${(disk.reserveBytes / 1e9).toFixed(1)} GB kept free${disk.freeBytes <= disk.reserveBytes ? ': nothing is received' : ''}`]);
    }
    rows.push(['HOME', place.home], ['LOG', place.log]);
    const width = Math.max(...rows.map(([label]) => label.length)) + 2;
    return rows.map(([label, value]) => `${`${label}:`.padEnd(width)}${value}`);
  };
  await printItem(context.io, { kind: 'dicom', id: () => 'clara-dicom-adapter', data }, state, lines, options);
  if (state.kind === 'stopped') throw new ClaraError('unreachable', `no DICOM adapter runs in ${home}`, { hint: 'start it with `clara dicom start`' });
  if (state.kind === 'busy') throw new ClaraError('unreachable', `the DICOM adapter in ${home} is starting or stopping`, { hint: 'ask again in a moment, or see `clara dicom logs`' });
}
