import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type Destination } from '../../entities/entities.ts';
import { statusCategory, statusText } from '../../net/dimse/commands.ts';
import { type ScuAssociation, type ScuTimeouts } from '../../net/scu/association.ts';
import { openAssociation } from '../../net/scu/open.ts';
import { DicomFile } from '../../part10/file.ts';
import { type InstanceFate } from '../../store/exports.ts';
import { conversionsOf, transcoded } from '../../transcode/transcode.ts';
import { deflatedLittleEndian } from '../../uids/well-known.ts';
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
  for (const planned of plannedAssociations(files)) {
    let association: ScuAssociation;
    try {
      association = await openAssociation({ host: hostIp, port, calledAe: aeTitle, callingAe, contexts: planned.contexts, timeouts, signal });
    } catch (thrown) {
      for (const file of planned.files) settle(file, false, messageOf(thrown), thrown);
      continue;
    }
    let lost: string | undefined;
    for (const file of planned.files) {
      if (lost !== undefined) {
        settle(file, false, lost);
        continue;
      }
      try {
        const status = await store(association, file);
        settle(file, status === 0, statusCategory(status) === 'success' ? 'stored' : `${aeTitle} answered: ${statusText(status)}`);
      } catch (thrown) {
        settle(file, false, messageOf(thrown), thrown);
        // What is left cannot be sent over an association that is gone.
        if (association.end !== undefined) lost = messageOf(thrown);
      }
    }
    await association.release();
  }
  return fates;
}

/** Sends a file as it is stored or, where the receiver does not take that, in what it takes. */
async function store(association: ScuAssociation, { path, meta: { sopClass, transferSyntax } }: FetchedFile): Promise<number> {
  const wanted = [transferSyntax, ...conversionsOf(transferSyntax)].find((syntax) => association.contextFor(sopClass, syntax) !== undefined) ?? transferSyntax;
  const file = await DicomFile.open(path);
  try {
    const data = wanted === transferSyntax ? sendable(file) : transcoded(file.dataSet(), transferSyntax, wanted);
    return (await association.store({ ...file.meta, transferSyntax: wanted, data })).status;
  } finally {
    await file.close();
  }
}

/** The data set as it is stored. One that is deflated may have an odd number of bytes, what is sent has not (PS3.5 A.5): a NUL follows. */
async function* sendable(file: DicomFile): AsyncGenerator<Buffer> {
  yield* file.dataSet();
  if (file.meta.transferSyntax === deflatedLittleEndian && file.dataSetBytes % 2 === 1) yield Buffer.alloc(1);
}
