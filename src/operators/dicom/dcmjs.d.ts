/** The part of dcmjs that we use; the package has no types of its own. */
declare module 'dcmjs' {
  interface DicomDictInstance {
    dict: object;
    write(): ArrayBuffer;
  }
  export const log: { setLevel(level: 'error' | 'info'): void };
  export const data: {
    readonly DicomDict: new (meta: object) => DicomDictInstance;
    readonly DicomMessage: {
      /** Reads a file (PS3.10), up to a tag where one is given. Texts are decoded; they are written as UTF-8. */
      readFile(file: ArrayBuffer, options: { readonly untilTag?: string; readonly includeUntilTagValue?: boolean }): DicomDictInstance;
    };
    readonly DicomMetaDictionary: {
      /** Attributes of PS3.6 by tag, `(0008,103E)`; repeating groups included. VRs in small letters stand for several. */
      readonly dictionary: Readonly<Record<string, { readonly tag: string; readonly vr: string; readonly name: string } | undefined>>;
      /** The same by keyword. */
      readonly nameMap: Readonly<Record<string, { readonly tag: string; readonly vr: string; readonly name: string } | undefined>>;
      /** Attributes by keyword to attributes by tag. */
      denaturalizeDataset(dataset: Readonly<Record<string, unknown>>): object;
    };
  };
}
