import { formatDuration } from '../../core/duration.ts';
import { byteSize, counted } from '../../core/phrases.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { table } from '../../terminal/output/table.ts';
import { type Protection } from '../listen.ts';
import { type AdapterStatus, type PendingSubmission, type WaitingGroup } from '../operate/status.ts';
import { type ShownStatus } from './status.ts';

const protections: Readonly<Record<Protection, string>> = { none: '', tls: ', TLS', 'tls, clients': ', TLS with certificates of senders' };
/** Rows of a table, unless everything is asked for. */
const mostRows = 10;

/** The status as text; `wide` shows all rows and ids. */
export function statusLines({ state, ready, doing, home, log }: ShownStatus, wide: boolean): string[] {
  const rows: (readonly [string, string])[] = [['STATE', state]];
  if (ready !== undefined && doing !== undefined) {
    rows.push(['DICOM', `${ready.dicom}${protections[doing.protection]}`], ['REST', ready.rest], ['PLATFORM', ready.platform], ['PID', String(ready.pid)], ['VERSION', ready.version]);
    rows.push(['SENDERS', senders(doing)], ['ASSOCIATIONS', associations(doing)], ['INBOX', `${counted(doing.inbox.instances, 'instance')}, ${byteSize(doing.inbox.bytes)}, in ${counted(doing.groups.length, 'open group')}`]);
    const { queued, created, uploaded, completed, faulted } = doing.submissions.counts;
    rows.push(['JOBS', `${queued + created + uploaded} to submit, ${completed} submitted, ${faulted} given up`], ...inferenceRows(doing), ...exportRows(doing), ['DISK', disk(doing)]);
  }
  rows.push(...(ready?.settings === undefined ? [] : [['SETTINGS', ready.settings] as const]), ['HOME', home], ['LOG', log]);
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return [
    ...rows.map(([label, value]) => `${`${label}:`.padEnd(width)}${escapeControls(value)}`),
    ...(doing === undefined ? [] : [...groupTable(doing.groups, wide), ...submissionTable(doing.submissions.pending, wide)]),
  ];
}

function senders({ senders: { registered, unknown } }: AdapterStatus): string {
  if (unknown === 'accepted') return 'anybody';
  return registered === 0 ? 'nobody may send yet; see `clara dicom create src`' : `${registered} registered, unknown ones are rejected`;
}

function associations({ associations: { open, waiting, silent, maximum } }: AdapterStatus): string {
  return [`${open} of ${maximum}`, ...(waiting === 0 ? [] : [`${waiting} waiting for room`]), ...(silent === 0 ? [] : [counted(silent, 'connection') + ' without one'])].join(', ');
}

/** Only where there are requests: most adapters have none. */
function inferenceRows({ inference: { queued, inProcess, submitted, failed, paused } }: AdapterStatus): (readonly [string, string])[] {
  if (queued + inProcess + submitted + failed === 0) return [];
  return [['INFERENCE', `${queued} queued, ${inProcess} in process, ${submitted} submitted, ${failed} failed${paused ? '; retrieval waits for room on the disk' : ''}`]];
}

function exportRows({ exports: { inProgress, retrying, delivered, failed, lastFailure, exporters } }: AdapterStatus): (readonly [string, string])[] {
  const troubles = exporters.flatMap(({ agent, paused, problem }) => [...(paused === undefined ? [] : [`${agent} waits for room on the disk`]), ...(problem === undefined ? [] : [`${agent}: ${problem}`])]);
  return [
    ['EXPORTS', `${inProgress} in hand, ${retrying} to be tried again, ${delivered} delivered, ${failed} failed`], ...troubles.map((trouble) => ['', trouble] as const),
    ...(lastFailure === undefined ? [] : [['', `last failure, job ${lastFailure.jobId.slice(0, 8)} at ${lastFailure.at}: ${lastFailure.why}${lastFailure.retried ? '' : ` (\`clara results retry ${lastFailure.taskId.slice(0, 8)}\` tries again)`}`] as const]),
  ];
}

function disk({ disk: { totalBytes, freeBytes, reserveBytes, receiving } }: AdapterStatus): string {
  return `${byteSize(freeBytes)} of ${byteSize(totalBytes)} free, ${byteSize(reserveBytes)} kept free${receiving ? '' : ': NOTHING IS RECEIVED until there is more room'}`;
}

function groupTable(groups: readonly WaitingGroup[], wide: boolean): string[] {
  if (groups.length === 0) return [];
  const closes = ({ arriving, closesInMs }: WaitingGroup) => (arriving > 0 ? `${arriving} arriving` : closesInMs === undefined ? 'with its association' : `in ${formatDuration(closesInMs)}`);
  return cut('group', groups, wide, (shown) => table(['GROUP', 'AE TITLE', 'INSTANCES', 'SIZE', 'OPENED', 'CLOSES'], shown.map((group) => [String(group.id), group.aeTitle, String(group.instances), byteSize(group.bytes), group.openedAt.slice(0, 19) + 'Z', closes(group)])));
}

function submissionTable(pending: readonly PendingSubmission[], wide: boolean): string[] {
  if (pending.length === 0) return [];
  return cut('submission', pending, wide, (shown) => table(
    ['SUBMISSION', 'JOB NAME', 'STATE', 'NEXT', 'WHY'],
    shown.map((submission) => [wide ? submission.id : submission.id.slice(0, 8), submission.jobName, submission.state, next(submission), submission.error ?? '']),
  ));
}

function next({ state, running, tries, nextAttemptInMs }: PendingSubmission): string {
  if (running) return 'running';
  if (state === 'faulted') return 'clara dicom retry';
  return nextAttemptInMs === undefined ? 'soon' : `in ${formatDuration(nextAttemptInMs)}${tries === 0 ? '' : `, after ${counted(tries, 'failure')}`}`;
}

function cut<Item>(noun: string, items: readonly Item[], wide: boolean, lay: (shown: readonly Item[]) => string[]): string[] {
  const left = wide ? 0 : items.length - mostRows;
  return ['', ...lay(left > 0 ? items.slice(0, mostRows) : items), ...(left > 0 ? [`… and ${counted(left, noun)} more; -o wide shows them`] : [])];
}
