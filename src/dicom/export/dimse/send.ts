import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type Destination } from '../../entities/entities.ts';
import { statusCategory, statusText } from '../../net/dimse/commands.ts';
import { type ScuAssociation, type ScuTimeouts } from '../../net/scu/association.ts';
import { openAssociation } from '../../net/scu/open.ts';
import { sendFiles } from '../../net/scu/send-files.ts';
import { type InstanceFate } from '../../store/exports.ts';
import { type FetchedFile } from '../fetch.ts';
import { plannedAssociations } from './plan.ts';

export interface SendOptions {
  readonly callingAe: string;
  readonly timeouts: Partial<ScuTimeouts>;
  readonly signal: AbortSignal;
  /** What became of a file, at once. */
  readonly onFate?: (fate: InstanceFate) => void;
}

/**
 * Sends files to a DICOM receiver with C-STORE: over one association, or as many as it takes where there are more than 128
 * kinds. Never throws: what keeps a file from being stored is its fate.
 */
export async function sendToAe({ hostIp, port, aeTitle }: Destination, files: readonly FetchedFile[], options: SendOptions): Promise<InstanceFate[]> {
  const { callingAe, timeouts, signal } = options;
  const fates: InstanceFate[] = [];
  const settle = (file: FetchedFile, delivered: boolean, status: string, thrown?: unknown) => {
    const fate = { uri: file.uri, sopInstance: file.meta.sopInstance, delivered, status, ...(thrown instanceof ClaraError ? { error: thrown } : {}) };
    fates.push(fate);
    options.onFate?.(fate);
  };
  const waiting = plannedAssociations(files);
  for (let planned = waiting.shift(); planned !== undefined; planned = waiting.shift()) {
    let association: ScuAssociation;
    try {
      association = await openAssociation({ host: hostIp, port, calledAe: aeTitle, callingAe, contexts: planned.contexts, timeouts, signal });
    } catch (thrown) {
      for (const file of planned.files) settle(file, false, messageOf(thrown), thrown);
      continue;
    }
    const left = planned.files.values();
    try {
      for await (const sent of sendFiles(association, planned.files.map(({ path }) => path))) {
        const file = left.next().value!;
        if ('error' in sent) {
          settle(file, false, messageOf(sent.error), sent.error);
          if (association.end === undefined) continue;
          // Part of it had left, and its association is gone with it: the others go over a new one.
          const others = [...left];
          if (others.length > 0) waiting.unshift({ contexts: planned.contexts, files: others });
          break;
        }
        settle(file, sent.result.status === 0, statusCategory(sent.result.status) === 'success' ? 'stored' : `${aeTitle} answered: ${statusText(sent.result.status)}`);
      }
    } catch (thrown) {
      // The association is gone.
      for (const file of left) settle(file, false, messageOf(thrown), thrown);
    }
    await association.release();
  }
  return fates;
}
