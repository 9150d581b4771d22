import { formatDuration } from '../../core/duration.ts';
import { byteSize, counted } from '../../core/phrases.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { storageClassName } from '../uids/storage-classes.ts';
import { type FileExplanation, type FileFacts, type TitleAnswer } from '../operate/explain-file.ts';
import { type JobExplanation } from '../operate/explain-job.ts';

type Row = readonly [label: string, value: string];

/** Instances of a job that are listed, unless all are asked for. */
const mostInstances = 10;
const groupings: Readonly<Record<string, string>> = { '0020,000D': 'study', '0020,000E': 'series', '0010,0020': 'patient' };
const outcomes: Readonly<Record<TitleAnswer['outcome'], string>> = {
  rejected: 'NOT ACCEPTED: the association is rejected', refused: 'NOT ACCEPTED: there is no presentation context for it', failed: 'NOT STORED: answered with a failure', discarded: 'not stored',
  duplicate: 'not stored again', replaced: 'accepted and stored', stored: 'accepted and stored',
};

/** What would become of a file, as text. */
export function fileLines({ path, file, from, senders, answers }: FileExplanation & { readonly path: string; readonly file: FileFacts }): string[] {
  const rows: Row[] = [
    ['FILE', path], ['CLASS', `${file.sopClass}${nameIn(storageClassName(file.sopClass))}`], ['INSTANCE', file.sopInstance], ['SYNTAX', file.transferSyntax],
    ['FROM', from === undefined ? whoMaySend(senders) : `${from.aeTitle} at ${from.hostIp}`],
  ];
  if (answers.length === 0) rows.push(['TO', 'nobody: there is no AE title yet; see `clara dicom create aetitle --help`']);
  return [...aligned(rows), ...answers.flatMap((answer) => ['', ...aligned([['TO', answer.aeTitle], ...answerRows(answer)])])];
}

function whoMaySend(senders: FileExplanation['senders']): string {
  if (senders === undefined) return 'anybody: unknown sources are let in';
  return senders.length === 0 ? 'nobody yet: no sender is let in; see `clara dicom create src --help`' : `any sender that is let in: ${senders.map(({ aeTitle, hostIp }) => `${aeTitle} at ${hostIp}`).join(', ')}`;
}

function answerRows({ outcome, status, why, group, jobs = [] }: TitleAnswer): Row[] {
  const rows: Row[] = [['ANSWER', `${outcomes[outcome]}${status === undefined ? '' : ` (status ${status}H)`}`], ['WHY', why]];
  if (group !== undefined) {
    rows.push(['GROUP', group.groupBy === undefined ? 'the association that it comes in' : `${keyOf(group.groupBy, group.key)}${group.joins === undefined ? ', a new one' : `, open since ${group.joins.openedAt} with ${counted(group.joins.instances, 'instance')}`}`]);
    const left = group.joins?.closesInMs;
    rows.push(['CLOSES', group.timeoutSeconds === 0 ? 'when the association ends' : `when nothing more has come for ${group.timeoutSeconds} s${left === undefined ? '' : `; as it is now, in ${formatDuration(left)}`}`]);
  }
  for (const { pipeline, pipelineId, jobName, priority, payloadName } of jobs) rows.push(['JOB', `${jobName}, if the group closed now`], ['', `pipeline ${pipeline} (${pipelineId}), priority ${priority}`], ['', payloadName]);
  return rows;
}

/** Why there is a job, as text. */
export function jobLines({ submission, transactionId, rule, group, senders, classes, instances, siblings }: JobExplanation, wide: boolean): string[] {
  const shown = wide ? instances : instances.slice(0, mostInstances);
  const rows: Row[] = [
    ['JOB', submission.jobId ?? 'none yet'], ['NAME', submission.jobName], ['SUBMISSION', submission.id], ['STATE', `${states[submission.state]}${submission.tries === 0 ? '' : `, ${counted(submission.tries, 'failure')}`}`],
    ...(submission.error === undefined ? [] : [['ERROR', submission.error] as const]),
    ['RULE', transactionId === undefined ? `AE title ${rule.aeTitle}, setting pipeline-${rule.pipeline}=${rule.pipelineId}, priority ${submission.priority}` : `inference request ${transactionId}, algorithm ${rule.pipeline} (${rule.pipelineId}), priority ${submission.priority}`],
    ['GROUP', transactionId !== undefined ? 'what was retrieved for the request' : rule.groupBy === undefined ? 'the instances of one association' : keyOf(rule.groupBy, group.key)],
    ['OPENED', group.openedAt], ['LAST', group.lastAt ?? 'never'],
    ['CLOSED', group.closedAt === undefined ? 'not yet' : `${group.closedAt}: ${group.closedBy ?? ''}`],
    ['INSTANCES', `${group.instances}, ${byteSize(group.bytes)}`],
    ...senders.filter(({ aeTitle }) => aeTitle !== '').map(({ aeTitle, host, associations, instances: count }): Row => ['FROM', `${aeTitle}${host === '' ? '' : ` at ${host}`}: ${counted(count, 'instance')}${associations.length === 0 ? '' : ` in ${counted(associations.length, 'association')}`}`]),
    ...classes.map(({ sopClass, name, instances: count }): Row => ['CLASS', `${sopClass}${nameIn(name)}: ${counted(count, 'instance')}`]),
    ...siblings.map(({ pipeline, jobId, id, state }): Row => ['ALSO', `pipeline-${pipeline}: job ${jobId ?? `none yet, submission ${id}`}, ${states[state]}`]),
  ];
  const left = instances.length - shown.length;
  return [...aligned(rows), '', ...shown.map(({ receivedAt, payloadName }) => escapeControls(`${receivedAt}  ${payloadName}`)), ...(left > 0 ? [`… and ${left} more; -o wide shows them`] : [])];
}

const states: Readonly<Record<JobExplanation['submission']['state'], string>> = {
  queued: 'to be created', created: 'created, to be uploaded', uploaded: 'uploaded, to be started', completed: 'started', faulted: 'given up; `clara dicom retry` begins anew',
};

function keyOf(groupBy: string, key: string | undefined): string {
  return `${groupings[groupBy] === undefined ? '' : `${groupings[groupBy]} `}${key ?? ''} (${groupBy})`;
}

function nameIn(name: string | undefined): string {
  return name === undefined ? '' : ` (${name})`;
}

function aligned(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, value]) => `${(label === '' ? '' : `${label}:`).padEnd(width)}${escapeControls(value)}`);
}
