/** UIDs that the protocol itself needs (PS3.6 annex A). */
export const verificationClass = '1.2.840.10008.1.1';
export const dicomApplicationContext = '1.2.840.10008.3.1.1.1';

export const implicitLittleEndian = '1.2.840.10008.1.2';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';
export { bigEndianSyntax as explicitBigEndian, deflatedSyntax as deflatedLittleEndian } from '../../pixels/transfer-syntaxes.ts';

/** Whether a text has the form of a UID (PS3.5 9.1): digits and dots, at most 64. Leading zeros are let pass, for they exist. */
export function isUid(text: string): boolean {
  return /^[0-9][0-9.]{0,63}$/.test(text);
}
