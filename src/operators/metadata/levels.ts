import { type Attributes } from './json-model.ts';

/** Patient and clinical trial: whole groups that a study has once. */
const studyGroups: ReadonlySet<string> = new Set(['0010', '0012']);
/** General Study and Patient Study modules (PS3.3 C.7.2.1, C.7.2.2), and the character set, which is the document's. */
const study: ReadonlySet<string> = new Set([
  '00080005', '00080020', '00080030', '00080050', '00080051', '00080090', '00080096', '00081030', '00081032', '00081048', '00081049', '00081060', '00081062', '00081080', '00081084',
  '00081110', '0020000D', '00200010', '00321032', '00321060', '00380010', '00380014',
]);
/** General Series, Frame of Reference and General Equipment modules (PS3.3 C.7.3.1, C.7.4.1, C.7.5.1). */
const series: ReadonlySet<string> = new Set([
  '00080021', '00080031', '00080060', '00080068', '00080070', '00080080', '00080081', '00081010', '0008103E', '0008103F', '00081040', '00081050', '00081052', '00081070', '00081072',
  '00081090', '00081111', '00081250', '00180015', '00181000', '00181016', '00181020', '00181030', '00181050', '00181200', '00181201', '00185100', '0020000E', '00200011', '00200052',
  '00200060', '00201040', '00280108', '00280109', '00280120', '00400244', '00400245', '00400250', '00400251', '00400253', '00400254', '00400260', '00400275',
]);

/** Which part of the hierarchy an attribute belongs to. */
export type Level = 'study' | 'series' | 'instance';

export function levelOf(tag: string): Level {
  if (studyGroups.has(tag.slice(0, 4)) || study.has(tag)) return 'study';
  return series.has(tag) ? 'series' : 'instance';
}

/** The attributes of one level. */
export function ofLevel(attributes: Attributes, level: Level): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([tag]) => levelOf(tag) === level));
}

/**
 * What `own` says otherwise than `shared`: attributes that are not there or differ, and, without a value, those that only
 * `shared` has. `{ ...shared, ...differences }` is `own`.
 */
export function differences(own: Attributes, shared: Attributes): Attributes {
  const changed = Object.entries(own).filter(([tag, attribute]) => shared[tag] === undefined || JSON.stringify(shared[tag]) !== JSON.stringify(attribute));
  const missing = Object.keys(shared).filter((tag) => own[tag] === undefined).map((tag) => [tag, { vr: shared[tag]!.vr }] as const);
  return Object.fromEntries([...changed, ...missing].sort(([a], [b]) => (a < b ? -1 : 1)));
}
