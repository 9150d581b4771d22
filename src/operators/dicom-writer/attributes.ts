import { type Element, type Elements } from './elements.ts';

/** Whole groups of even number that belong to the patient, who stays the same: identification, and the history of a clinical trial. */
const copiedGroups = ['0010', '0012'];

/** What any object of the same study shares, by module (PS3.3 A.3, A.4, A.51). */
const ofStudy: readonly string[] = [
  // General Study (C.7.2.1) and Patient Study
  '00080020', '00080030', '00080050', '00080090', '00081030', '00081032', '00081048', '00081060', '00081110', '00081120', '0020000D', '00200010',
  // General Series (C.7.3.1): the patient on the table
  '00180015', '00185100', '00200060',
  // Frame of Reference (C.7.4.1), and whether values of the images were lost
  '00200052', '00201040', '00282110', '00282112', '00282114',
];

/** What else is the same in an image that is derived from another one. */
const ofImage: readonly string[] = [
  '00080060',
  // Image Plane (C.7.6.2), General Image (C.7.6.1)
  '00200020', '00200032', '00200037', '00201041', '00180050', '00180088', '00280030', '00280034', '00280A02', '00280A04', '00200012', '00080022', '00080032', '00200062',
  // CT Image (C.8.2.1) and MR Image (C.8.3.1): how the original was made
  '00180060', '00181120', '00181164', '00180020', '00180021', '00180022', '00180023', '00180080', '00180081', '00180082', '00180086', '00180087', '00180091', '00181314',
];

/** How an image is to be shown; right for values of the same kind only. */
const display: readonly string[] = ['00281050', '00281051', '00281055', '00281056', '00281054'];

const [studyTags, imageTags, displayTags] = [new Set(ofStudy), new Set([...ofStudy, ...ofImage]), new Set([...ofStudy, ...ofImage, ...display])];

/** The attributes of an original that its derivative shares. `isSameKind`: its values mean what those of the original do. */
export function sharedAttributes(original: Elements, isSameKind: boolean): Record<string, Element> {
  return chosen(original, isSameKind ? displayTags : imageTags);
}

/** The attributes of an original that every object of its study shares. */
export function studyAttributes(original: Elements): Record<string, Element> {
  return chosen(original, studyTags);
}

function chosen(original: Elements, tags: ReadonlySet<string>): Record<string, Element> {
  return Object.fromEntries(Object.entries(original).filter(([tag]) => tags.has(tag) || copiedGroups.includes(tag.slice(0, 4))));
}

/**
 * One frame of an enhanced image as an image of its own: what functional groups say of it (PS3.3 C.7.6.16) at the top,
 * where a plain image has it. Any other image stays as it is.
 */
export function frameAttributes(elements: Elements, frame: number): Elements {
  const groups = [elements['52009229']?.Value[0], elements['52009230']?.Value[frame]] as readonly (Elements | undefined)[];
  // A macro is a sequence of one item; of the frame's own it wins over that of all.
  const items = groups.flatMap((group) => Object.values(group ?? {})).flatMap(({ vr, Value }) => (vr === 'SQ' && Value.length === 1 ? [Value[0] as Elements] : []));
  return Object.assign({}, elements, ...items) as Elements;
}
