import { systemCode } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { type Logger } from '../../system/log.ts';
import { isDatabaseFull } from '../../system/database/sqlite.ts';
import { type ClaraAeTitle } from '../entities/entities.ts';
import { parseProcessor, type ProcessorRules } from '../entities/processor.ts';
import { type Grouper } from '../inbox/grouper.ts';
import { statuses } from '../net/dimse/commands.ts';
import { type AssociationDecision, type AssociationHandler, type AssociationRequest, type IncomingInstance, type StoreAnswer } from '../net/scp/types.ts';
import { encodeFileHeader } from '../part10/header.ts';
import { DataSetScanner } from '../part10/scan-data-set.ts';
import { tagText } from '../part10/scanner.ts';
import { type Pseudonym } from '../private-log.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { admittanceOf, contextDecision, refusalOf } from './decide.ts';
import { type DiskGuard } from './disk-guard.ts';
import { type InstanceFiles, type NewFile } from './instance-files.ts';
import { payloadName, type Identifiers } from './payload-name.ts';
import { verdictOn, wantedTags } from './verdict.ts';

export interface ReceiverOptions {
  readonly settings: AdapterSettings['scp'];
  readonly store: AdapterStore;
  readonly files: InstanceFiles;
  readonly disk: DiskGuard;
  readonly grouper: Grouper;
  /** For the log. */
  readonly pseudonym: Pseudonym;
  readonly log: Logger;
}

/** An instance that is on the disk. */
interface Arrived {
  readonly entity: ClaraAeTitle;
  readonly rules: ProcessorRules;
  readonly file: NewFile;
  readonly groupKey: string;
  readonly identifiers: Identifiers;
}

const noRoom = { status: statuses.resourceLimitation, comment: 'the disk is too full' };
const failed = (comment: string) => ({ status: statuses.processingFailure, comment: comment.slice(0, 64) });

/** Decides on associations and takes in what they send (dicom-adapter 6 and 7). */
export class Receiver {
  readonly #options: ReceiverOptions;
  /** Tells associations of this run from those of earlier ones. */
  readonly #run = newId();
  readonly #rules = new WeakMap<ClaraAeTitle, ProcessorRules>();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  decide(request: AssociationRequest): AssociationDecision {
    const { settings, store, disk, log } = this.#options;
    const admittance = admittanceOf(settings, store.entities, disk);
    const refusal = refusalOf(request, admittance);
    if (refusal === undefined) return { accept: true, context: (proposed) => contextDecision(proposed, admittance), handler: this.#handler(request) };
    const { number, callingAe, calledAe, remoteAddress } = request;
    log.warn({ association: number, callingAe, calledAe, from: remoteAddress, why: refusal.why }, 'an association is rejected');
    return { accept: false, rejection: refusal.rejection };
  }

  #handler(request: AssociationRequest): AssociationHandler {
    return {
      store: async (instance) => {
        const answer = await this.#store(request, instance);
        if (typeof answer !== 'number') this.#options.log.warn({ association: request.number, status: answer.status.toString(16).padStart(4, '0'), why: answer.comment, sopClass: instance.sopClass }, 'an instance is not stored');
        return answer;
      },
      ended: () => this.#options.grouper.ended(request.calledAe, this.#associationKey(request)),
    };
  }

  /** Undefined where there is something wrong with them. */
  #rulesOf(entity: ClaraAeTitle): ProcessorRules | undefined {
    const known = this.#rules.get(entity);
    if (known !== undefined) return known;
    const parsed = parseProcessor(entity.processorSettings, entity.aeTitle, entity.exactTimeout);
    if (parsed.kind !== 'rules') return undefined;
    this.#rules.set(entity, parsed.rules);
    return parsed.rules;
  }

  #associationKey({ number }: AssociationRequest): string {
    return `association ${this.#run} ${number}`;
  }

  async #store(request: AssociationRequest, instance: IncomingInstance): Promise<StoreAnswer> {
    const { store, disk, log } = this.#options;
    const entity = store.entities.called(request.calledAe);
    const rules = entity === undefined ? undefined : this.#rulesOf(entity);
    if (entity === undefined || rules === undefined) return failed('the AE title does not exist any more');
    if (!disk.hasRoom()) return noRoom;
    try {
      return await this.#receive(request, instance, entity, rules);
    } catch (thrown) {
      if (!['ENOSPC', 'EDQUOT'].includes(systemCode(thrown) ?? '') && !isDatabaseFull(thrown)) throw thrown;
      log.error({ association: request.number, err: thrown }, 'the disk is full');
      return noRoom;
    }
  }

  async #receive(request: AssociationRequest, instance: IncomingInstance, entity: ClaraAeTitle, rules: ProcessorRules): Promise<StoreAnswer> {
    const { files, grouper, log } = this.#options;
    const byAssociation = rules.quietMs === 0;
    const scanner = new DataSetScanner(instance.transferSyntax, wantedTags(rules));
    const isIgnored = entity.ignoredSopClasses.includes(instance.sopClass);
    const groupKey = () => (byAssociation ? this.#associationKey(request) : scanner.text(rules.groupBy));
    // The data set is still on its way: to be ready for it costs its sender no time.
    const file = isIgnored ? undefined : await files.create();
    let arrived: (() => void) | undefined;
    let isKept = false;
    try {
      let pieces: readonly Buffer[] = isIgnored ? [] : [headerOf(request, instance)];
      for (let batch = await instance.data.nextBatch(); batch !== undefined; batch = await instance.data.nextBatch()) {
        for (const piece of batch) await scanner.push(piece);
        if (file === undefined) continue;
        if (scanner.isDone && arrived === undefined) arrived = grouper.arriving(entity.aeTitle, groupKey() ?? '');
        await file.write([...pieces, ...batch]);
        pieces = [];
      }
      scanner.end();
      const verdict = verdictOn({ sopClass: instance.sopClass, sopInstance: instance.sopInstance, text: (tag) => scanner.text(tag) }, entity, rules);
      if (verdict.kind === 'missing') return failed(`${tagText(verdict.tag)} is missing${scanner.problem === undefined ? '' : `: ${scanner.problem}`}`);
      if (verdict.kind === 'ignored') {
        log.warn({ association: request.number, sopClass: instance.sopClass }, 'an instance of an ignored SOP class is not stored');
        return statuses.success;
      }
      if (file === undefined || instance.data.length === 0) return failed('the data set is empty');
      await file.keep();
      isKept = await this.#takeIn(request, instance, { entity, rules, file, groupKey: verdict.groupKey ?? this.#associationKey(request), identifiers: verdict.identifiers });
      return statuses.success;
    } finally {
      if (!isKept) await file?.discard();
      arrived?.();
    }
  }

  /** Whether the file is wanted: one that is there already is not. */
  async #takeIn(request: AssociationRequest, instance: IncomingInstance, { entity, rules, file, groupKey, identifiers }: Arrived): Promise<boolean> {
    const { store, files, grouper, log } = this.#options;
    const row = {
      aeTitle: entity.aeTitle, groupKey, name: payloadName(identifiers), file: file.name, bytes: file.bytes, sopClass: instance.sopClass, sopInstance: instance.sopInstance,
      callingAe: request.callingAe, callingHost: request.remoteAddress, association: request.number,
    };
    const taken = await store.commits.run(() => store.inbox.take(row, rules, entity.overwriteSameInstance, Date.now()));
    if (taken.kind === 'duplicate') log.info({ association: request.number, group: taken.groupId }, 'an instance is there already and is skipped');
    else grouper.touch(taken.groupId);
    if (taken.kind !== 'duplicate') this.#tell(request, instance, identifiers, taken.groupId);
    if (taken.kind === 'replaced') await files.remove(taken.oldFile);
    return taken.kind !== 'duplicate';
  }

  /** Under --verbose: which instance, and of whom without saying who. */
  #tell({ number }: AssociationRequest, { sopInstance, transferSyntax }: IncomingInstance, { patientId, studyInstance, seriesInstance }: Identifiers, group: number): void {
    const { log, pseudonym } = this.#options;
    if (!log.isLevelEnabled('debug')) return;
    log.debug({ association: number, group, patient: pseudonym(patientId), study: studyInstance, series: seriesInstance, instance: sopInstance, transferSyntax }, 'an instance is stored');
  }
}

function headerOf({ callingAe, calledAe }: AssociationRequest, { sopClass, sopInstance, transferSyntax }: IncomingInstance): Buffer {
  return encodeFileHeader({ sopClass, sopInstance, transferSyntax, sendingAe: callingAe, receivingAe: calledAe });
}
