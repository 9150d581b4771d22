import { dirname, join } from 'node:path';
import { localPlatformState, type LocalState } from '../../actions/local-platform.ts';
import { usableBackends, type Backends } from '../../actions/usable-backends.ts';
import { readPlatformValues } from '../../config/platform-values.ts';
import { formatDuration } from '../../core/duration.ts';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { serverFiles } from '../../core/server-home.ts';
import { diskUsage, usedPercent } from '../../system/disk/usage.ts';
import { type Context } from '../../terminal/context.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { printItem } from '../../terminal/print.ts';
import { endpointData } from './endpoint.ts';
import { countJobs, type JobCount } from './jobs.ts';
import { localPlatform } from './place.ts';

interface Disk {
  readonly totalBytes: number;
  /** What this user may still write. */
  readonly freeBytes: number;
  readonly usedPercent: number;
}

interface Status {
  readonly state: LocalState;
  readonly home: string;
  readonly jobs: JobCount | undefined;
  readonly disk: Disk;
  readonly backends: Backends;
}

/** `clara platform status`: what can be said of the server on this machine; fails with `unreachable` where none runs. */
export async function status(context: Context, options: { readonly output: OutputFormat | undefined }): Promise<void> {
  const { home, env } = await localPlatform(context);
  const state = await localPlatformState(home);
  const disk = diskOf(home);
  const [jobs, backends] = await Promise.all([
    state.kind === 'running' ? countJobs(context, state) : undefined,
    usableBackends(env.PATH ?? '', context.signal),
  ]);
  const found: Status = { state, home, jobs, disk, backends };
  await printItem(context.io, { kind: 'platform', id: () => 'clara', data: () => dataOf(found) }, found, () => linesOf(found), options);
  await warnAboutDisk(context, found.disk);
  if (state.kind === 'stopped') throw new ClaraError('unreachable', `no platform runs in ${home}`, { hint: 'start it with `clara platform start`' });
  if (state.kind === 'busy') throw new ClaraError('unreachable', `the platform in ${home} is starting or stopping`, { hint: 'ask again in a moment, or see `clara platform logs`' });
}

function dataOf({ state, home, jobs, disk, backends }: Status): unknown {
  const base = state.kind === 'running' ? { ...endpointData(state.ready, home), uptimeSeconds: Math.floor((Date.now() - state.ready.startedAt) / 1000) }
    : { state: state.kind, home, log: join(home, serverFiles.log) };
  return {
    ...base,
    ...(jobs?.kind === 'known' ? { jobs: { running: jobs.running, pending: jobs.pending } } : {}),
    ...(jobs?.kind === 'unknown' ? { jobs: null, jobsUnknown: jobs.reason } : {}),
    disk,
    backends,
  };
}

function linesOf({ state, home, jobs, disk, backends }: Status): string[] {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const rows: [string, string][] = [['STATE', state.kind]];
  if (state.kind === 'running') {
    const { grpc, results, tls, pid, version, startedAt } = state.ready;
    rows.push(['API', `${grpc}${tls ? ' (TLS)' : ''}`], ...(results === undefined ? [] : [['HTTP', `${results} (Results Service)`] as [string, string]]), ['PID', String(pid)], ['VERSION', version], ['UPTIME', formatDuration(Date.now() - startedAt)]);
  } else if (state.kind === 'busy' && state.pid !== undefined) {
    rows.push(['PID', String(state.pid)]);
  }
  if (jobs?.kind === 'known') rows.push(['JOBS', `${jobs.running} running, ${jobs.pending} pending`]);
  if (jobs?.kind === 'unknown') rows.push(['JOBS', `unknown (${jobs.reason})`]);
  rows.push(['HOME', home], ['LOG', join(home, serverFiles.log)]);
  rows.push(['DISK', `${gigabytes(disk.freeBytes)} of ${gigabytes(disk.totalBytes)} free (${disk.usedPercent} % used)`]);
  const process = backends.process.usable ? `yes (${backends.process.with})` : `operators of clara only (${backends.process.reason})`;
  rows.push(['PROCESS', process], ['DOCKER', backends.docker.usable ? `yes (${backends.docker.with})` : `no (${backends.docker.reason})`]);
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, value]) => `${`${label}:`.padEnd(width)}${value}`);
}

async function warnAboutDisk(context: Context, disk: Disk): Promise<void> {
  const { maxStoragePercent } = await readPlatformValues((await context.settings()).home);
  if (maxStoragePercent === undefined || disk.usedPercent <= maxStoragePercent) return;
  context.io.warn(`the disk is ${disk.usedPercent} % full, above the maxStorageUsagePercentage of ${maxStoragePercent} in values.yaml: uploads are refused`);
}

/** The disk that holds a folder; a folder that does not exist yet will be on the disk of the nearest one that does. */
function diskOf(folder: string): Disk {
  try {
    const usage = diskUsage(folder);
    return { totalBytes: usage.totalBytes, freeBytes: usage.freeBytes, usedPercent: usedPercent(usage) };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT' && dirname(folder) !== folder) return diskOf(dirname(folder));
    throw new ClaraError('failed', `the disk of ${folder} cannot be examined (${String(thrown)})`, { cause: thrown });
  }
}
