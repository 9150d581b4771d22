import { data } from 'dcmjs';

/** Tags are `GGGGEEEE` in capitals, as the DICOM JSON model has them. */
type Tag = string;

/** VR of a public attribute (PS3.6); undefined where the dictionary has none, or one that depends on what no file says. */
export function vrOf(tag: Tag, isSigned: boolean): string | undefined {
  const vr = entryOf(tag)?.vr;
  switch (vr) {
    case 'xs': return isSigned ? 'SS' : 'US';
    case 'up': return 'UL';
    case 'ox': return 'OW';
    case 'lt': case 'na': return undefined;
    default: return vr;
  }
}

/** Keyword of an attribute, for people: `SeriesDescription`. */
export function keywordOf(tag: Tag): string | undefined {
  return entryOf(tag)?.name;
}

/** Tag of a keyword. */
export function tagOfKeyword(keyword: string): Tag | undefined {
  const { nameMap } = data.DicomMetaDictionary;
  const tag = Object.hasOwn(nameMap, keyword) ? nameMap[keyword]!.tag : undefined;
  return tag === undefined ? undefined : plainTag(tag);
}

/** All keywords, those that are retired too. */
export function keywords(): readonly string[] {
  return Object.keys(data.DicomMetaDictionary.nameMap);
}

/** `(0008,103E)`, `0008103e` or `0008,103E` as `0008103E`; undefined: no tag. */
export function plainTag(text: string): Tag | undefined {
  const match = /^\(?([0-9a-f]{4}),?([0-9a-f]{4})\)?$/i.exec(text.trim());
  return match === null ? undefined : `${match[1]!}${match[2]!}`.toUpperCase();
}

function entryOf(tag: Tag) {
  return data.DicomMetaDictionary.dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`];
}
