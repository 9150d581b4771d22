/** A data set as dcmjs has it: elements by tag (`00100010`). */
export type Elements = Readonly<Record<string, Element>>;

export interface Element {
  readonly vr: string;
  readonly Value: readonly unknown[];
}

/** Whole groups of even number that belong to the patient, who stays the same: identification, and the history of a clinical trial. */
const copiedGroups = ['0010', '0012'];

/** What else is the same in an image that is derived from another one, by module (PS3.3 A.3, A.4). */
const copied: ReadonlySet<string> = new Set([
  // General Study (C.7.2.1) and Patient Study
  '00080020', '00080030', '00080050', '00080090', '00081030', '00081032', '00081048', '00081060', '00081110', '00081120', '0020000D', '00200010',
  // General Series (C.7.3.1)
  '00080060', '00180015', '00185100', '00200060',
  // Frame of Reference (C.7.4.1), Image Plane (C.7.6.2), General Image (C.7.6.1)
  '00200052', '00201040', '00200032', '00200037', '00201041', '00180050', '00180088', '00280030', '00280034', '00280A02', '00280A04', '00200012', '00080022', '00080032', '00200062', '00282110', '00282112', '00282114',
  // CT Image (C.8.2.1) and MR Image (C.8.3.1): how the original was made
  '00180060', '00181120', '00181164', '00180020', '00180021', '00180022', '00180023', '00180080', '00180081', '00180082', '00180086', '00180087', '00180091', '00181314',
]);

/** How an image is to be shown; right for values of the same kind only. */
const display: ReadonlySet<string> = new Set(['00281050', '00281051', '00281055', '00281056', '00281054']);

/** The attributes of an original that its derivative shares. `isSameKind`: its values mean what those of the original do. */
export function sharedAttributes(original: Elements, isSameKind: boolean): Record<string, Element> {
  return Object.fromEntries(Object.entries(original).filter(([tag]) => copied.has(tag) || copiedGroups.includes(tag.slice(0, 4)) || (isSameKind && display.has(tag))));
}

/** First value of an element, as text. */
export function firstValue(elements: Elements, tag: string): string | undefined {
  const [value] = elements[tag]?.Value ?? [];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : undefined;
}
