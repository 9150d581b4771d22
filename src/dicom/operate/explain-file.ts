import { type ClaraAeTitle, type Source } from '../entities/entities.ts';
import { parseProcessor, type ProcessorRules } from '../entities/processor.ts';
import { jobName } from '../inbox/job-name.ts';
import { type Grouper } from '../inbox/grouper.ts';
import { rejectionText } from '../net/pdu/rejection.ts';
import { tagText } from '../part10/scanner.ts';
import { admittanceOf, contextDecision, refusalOf, type Admittance } from '../receive/decide.ts';
import { type DiskGuard } from '../receive/disk-guard.ts';
import { payloadName } from '../receive/payload-name.ts';
import { verdictOn } from '../receive/verdict.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { tagKey } from '../entities/tag.ts';
import { isoTime } from './status.ts';

/** What is known of a file that might be sent. */
export interface FileFacts {
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly transferSyntax: string;
  /** Values by tag, `00100020`; what is not in the file is left out. */
  readonly values: Readonly<Record<string, string>>;
}

export interface ExplainFileRequest {
  readonly file: FileFacts;
  /** Without it any sender that may send. */
  readonly from?: { readonly aeTitle: string; /** Without it the address that the source is registered with. */ readonly hostIp?: string };
  /** Without it all AE titles. */
  readonly to?: string;
}

/** What would become of a file. */
export interface FileExplanation {
  readonly from: Source | undefined;
  /** Who may send; undefined: everybody. */
  readonly senders: readonly Source[] | undefined;
  readonly answers: readonly TitleAnswer[];
}

/** What one AE title would do with it. */
export interface TitleAnswer {
  readonly aeTitle: string;
  /** `rejected`: the association; `refused`: there is no way to send it in the association; `failed`, `discarded`, `duplicate`: it is sent and not kept; the others are. */
  readonly outcome: 'rejected' | 'refused' | 'failed' | 'discarded' | 'duplicate' | 'replaced' | 'stored';
  /** C-STORE status, where it came to that: `0000`. */
  readonly status: string | undefined;
  readonly why: string;
  readonly group?: {
    /** `0020,000D`; undefined: the association. */
    readonly groupBy: string | undefined;
    readonly key: string | undefined;
    /** Where it would join an open one. */
    readonly joins: { readonly id: number; readonly instances: number; readonly openedAt: string; readonly closesInMs: number | undefined } | undefined;
    /** Seconds without another instance, after which it closes; 0: with its association. */
    readonly timeoutSeconds: number;
  };
  readonly jobs?: readonly { readonly pipeline: string; readonly pipelineId: string; /** If it closed now. */ readonly jobName: string; readonly priority: string; readonly payloadName: string }[];
}

export interface ExplainFileParts {
  readonly settings: Pick<AdapterSettings['scp'], 'rejectUnknownSources' | 'verification'>;
  readonly store: AdapterStore;
  readonly disk: DiskGuard;
  readonly grouper: Grouper;
}

/** Goes through the decisions of the receiver for a file, and changes nothing. */
export function explainFile(request: ExplainFileRequest, parts: ExplainFileParts): FileExplanation {
  const { store, settings, disk } = parts;
  const from = senderOf(request, store.entities.source(request.from?.aeTitle ?? ''));
  const admittance = admittanceOf({ ...settings, rejectUnknownSources: settings.rejectUnknownSources && from !== undefined }, store.entities, disk);
  const titles = request.to === undefined ? store.entities.aeTitles().map(({ aeTitle }) => aeTitle) : [request.to];
  return {
    from, senders: settings.rejectUnknownSources ? store.entities.sources() : undefined,
    answers: titles.map((aeTitle) => answerOf(aeTitle, request.file, from, admittance, parts)),
  };
}

function senderOf({ from }: ExplainFileRequest, known: Source | undefined): Source | undefined {
  return from === undefined ? undefined : { aeTitle: from.aeTitle, hostIp: from.hostIp ?? known?.hostIp ?? '127.0.0.1' };
}

function answerOf(aeTitle: string, file: FileFacts, from: Source | undefined, admittance: Admittance, parts: ExplainFileParts): TitleAnswer {
  const context = { id: 1, abstractSyntax: file.sopClass, transferSyntaxes: [file.transferSyntax] };
  const refusal = refusalOf({ callingAe: from?.aeTitle ?? '', calledAe: aeTitle, remoteAddress: from?.hostIp ?? '', contexts: [context] }, admittance);
  if (refusal !== undefined) return { aeTitle, outcome: 'rejected', status: undefined, why: `${refusal.why} (${rejectionText(refusal.rejection)})` };
  if ('refuse' in contextDecision(context, admittance)) return { aeTitle, outcome: 'refused', status: undefined, why: `${file.sopClass} is no SOP class of storage` };
  const entity = parts.store.entities.called(aeTitle)!;
  const parsed = parseProcessor(entity.processorSettings, entity.aeTitle, entity.exactTimeout);
  return parsed.kind === 'rules' ? instanceAnswer(entity, parsed.rules, file, parts) : { aeTitle, outcome: 'failed', status: '0110', why: parsed.problems.join('; ') };
}

function instanceAnswer(entity: ClaraAeTitle, rules: ProcessorRules, file: FileFacts, { store, grouper }: ExplainFileParts): TitleAnswer {
  const { aeTitle } = entity;
  const verdict = verdictOn({ ...file, text: (tag) => file.values[tagKey(tag)] }, entity, rules);
  if (verdict.kind === 'missing') return { aeTitle, outcome: 'failed', status: '0110', why: `${tagText(verdict.tag)} is missing, or empty where it is what instances are grouped by` };
  if (verdict.kind === 'ignored') return { aeTitle, outcome: 'discarded', status: '0000', why: 'its SOP class is among ignoredSopClasses: Success is answered, and nothing is kept' };
  const name = payloadName(verdict.identifiers);
  const open = verdict.groupKey === undefined ? undefined : store.inbox.openGroup(aeTitle, verdict.groupKey);
  const isThere = open !== undefined && store.inbox.has(open.id, name);
  const outcome = !isThere ? 'stored' : entity.overwriteSameInstance ? 'replaced' : 'duplicate';
  return {
    aeTitle, outcome, status: '0000',
    why: { stored: 'it is new to its group', replaced: 'it is in the open group already and takes the place of what is there', duplicate: 'it is in the open group already: Success is answered, and what is there stays' }[outcome],
    group: {
      groupBy: verdict.groupKey === undefined ? undefined : tagText(rules.groupBy), key: verdict.groupKey, timeoutSeconds: rules.quietMs / 1000,
      joins: open === undefined ? undefined : { id: open.id, instances: store.inbox.count(open.id), openedAt: isoTime(open.openedAt), closesInMs: grouper.waiting().get(open.id)?.closesInMs },
    },
    jobs: rules.pipelines.map((pipeline) => ({ pipeline: pipeline.name, pipelineId: pipeline.pipelineId, jobName: jobName(aeTitle, pipeline.name, new Date()), priority: rules.priority, payloadName: `/input/${name}` })),
  };
}
