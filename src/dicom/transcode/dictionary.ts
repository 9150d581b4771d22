import { vrTable } from './vr-table.ts';

/** Finds the VR of attributes of the standard, for data sets that do not say it. */
export class Dictionary {
  readonly #byTag = new Map<number, string>();

  constructor() {
    for (const [vr, text] of Object.entries(vrTable)) {
      let group = 0;
      for (const word of text.split(/\s+/)) {
        if (word.endsWith(':')) group = Number.parseInt(word, 16) * 0x10000;
        else this.#byTag.set(group + Number.parseInt(word, 16), vr);
      }
    }
  }

  /**
   * The VR of an attribute in implicit VR; UN where it is not known (PS3.5 6.2.2). `isSigned`: Pixel Representation of the data
   * set, where US and SS are both possible.
   */
  vrOf(tag: number, isSigned: boolean): string {
    const [group, element] = [tag >>> 16, tag & 0xffff];
    // PS3.5 7.8.1: private creators.
    if (group % 2 === 1) return element >= 0x10 && element <= 0xff ? 'LO' : 'UN';
    const vr = this.#byTag.get(tag) ?? this.#byTag.get(repeated(group) * 0x10000 + element) ?? 'UN';
    return vr === 'xs' ? (isSigned ? 'SS' : 'US') : vr;
  }
}

/** Curves and overlays repeat the attributes of their first group (PS3.5 7.6). */
function repeated(group: number): number {
  return group >= 0x5000 && group <= 0x501e ? 0x5000 : group >= 0x6000 && group <= 0x601e ? 0x6000 : group;
}
