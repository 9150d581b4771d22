/** The part of dicom-character-set that we use; the package has no types of its own. */
declare module 'dicom-character-set' {
  /** Text of a value in the terms of Specific Character Set. Throws where it does not know a term or an escape sequence. */
  export function convertBytes(specificCharacterSet: string | undefined, bytes: Uint8Array, options: { readonly vr: string }): string;
}
