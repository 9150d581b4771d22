import { type ClaraAeTitle } from '../entities/entities.ts';
import { type ProcessorRules } from '../entities/processor.ts';
import { tags } from '../part10/scanner.ts';
import { type Identifiers } from './payload-name.ts';

/** What becomes of an instance whose data set could be read. */
export type Verdict =
  | { readonly kind: 'missing'; readonly tag: number }
  /** Answered with Success, and not kept. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'wanted'; readonly identifiers: Identifiers; /** Undefined: the association is the group. */ readonly groupKey: string | undefined };

/** Tags that have to be looked for in an instance. */
export function wantedTags({ quietMs, groupBy }: Pick<ProcessorRules, 'quietMs' | 'groupBy'>): readonly number[] {
  return [tags.patientId, tags.studyInstance, tags.seriesInstance, ...(quietMs === 0 ? [] : [groupBy])];
}

/** Decides on an instance (dicom-adapter 7): three identifiers have to be there, empty or not, and what it is grouped by must not be empty. */
export function verdictOn(
  { sopClass, sopInstance, text }: { readonly sopClass: string; readonly sopInstance: string; text(tag: number): string | undefined },
  entity: Pick<ClaraAeTitle, 'ignoredSopClasses'>, rules: Pick<ProcessorRules, 'quietMs' | 'groupBy'>,
): Verdict {
  const byAssociation = rules.quietMs === 0;
  const [patientId, studyInstance, seriesInstance] = [text(tags.patientId), text(tags.studyInstance), text(tags.seriesInstance)];
  const groupKey = byAssociation ? undefined : text(rules.groupBy);
  if (patientId === undefined) return { kind: 'missing', tag: tags.patientId };
  if (studyInstance === undefined) return { kind: 'missing', tag: tags.studyInstance };
  if (seriesInstance === undefined) return { kind: 'missing', tag: tags.seriesInstance };
  if (!byAssociation && (groupKey === undefined || groupKey === '')) return { kind: 'missing', tag: rules.groupBy };
  if (entity.ignoredSopClasses.includes(sopClass)) return { kind: 'ignored' };
  return { kind: 'wanted', groupKey, identifiers: { patientId, studyInstance, seriesInstance, sopInstance } };
}
