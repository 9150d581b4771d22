/** The part of dcmjs that we use; the package has no types of its own. */
declare module 'dcmjs' {
  interface DicomDictInstance {
    dict: object;
    write(): ArrayBuffer;
  }
  interface WriteBufferStreamInstance {
    readonly size: number;
    getBuffer(start: number, end: number): ArrayBuffer;
  }
  export const log: { setLevel(level: 'error' | 'info'): void };
  export const data: {
    readonly DicomDict: new (meta: object) => DicomDictInstance;
    readonly DicomMessage: {
      /** Reads a file (PS3.10), up to a tag where one is given. Texts are decoded; they are written as UTF-8. */
      readFile(file: ArrayBuffer, options: { readonly untilTag?: string; readonly includeUntilTagValue?: boolean }): DicomDictInstance;
      /** Appends elements in the order of their tags. */
      write(elements: object, stream: WriteBufferStreamInstance, transferSyntax: string, options: object): number;
    };
    readonly WriteBufferStream: new (size: number, littleEndian: boolean) => WriteBufferStreamInstance;
    /** Colours as an object recommends them for display (PS3.3 C.10.7.1.1). */
    readonly Colors: {
      /** Red, green and blue from 0 to 1 as three numbers from 0 to 65535. */
      rgb2DICOMLAB(color: readonly number[]): number[];
    };
    /** One bit for each pixel (PS3.5 8.1.1), of values 0 or another. */
    readonly BitArray: { pack(pixels: Uint8Array): Uint8Array };
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
