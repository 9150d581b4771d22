import { explicitBigEndian, explicitLittleEndian, implicitLittleEndian } from '../../uids/well-known.ts';

/** The transfer syntaxes that an instance can be converted to, the best first: none. */
export function conversionsOf(_transferSyntax: string): readonly string[] {
  return [];
}
void [explicitBigEndian, explicitLittleEndian, implicitLittleEndian];
