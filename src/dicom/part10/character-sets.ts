/** Names of Node.js for the terms of Specific Character Set (PS3.3 C.12.1.1.2); `ISO 2022 IR n` is as `ISO_IR n`. */
const decoders: Readonly<Record<string, string>> = {
  'ISO_IR 101': 'iso-8859-2', 'ISO_IR 109': 'iso-8859-3', 'ISO_IR 110': 'iso-8859-4', 'ISO_IR 144': 'iso-8859-5', 'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7', 'ISO_IR 138': 'iso-8859-8', 'ISO_IR 148': 'iso-8859-9', 'ISO_IR 203': 'iso-8859-15', 'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874', 'ISO_IR 192': 'utf-8', GB18030: 'gb18030', GBK: 'gbk',
};

/** Character sets that a text switches to with escape sequences (PS3.5 6.1.2.5), each with what reads it. */
const switched: Readonly<Record<string, string>> = { 'ISO 2022 IR 87': 'iso-2022-jp', 'ISO 2022 IR 159': 'iso-2022-jp', 'ISO 2022 IR 149': 'euc-kr', 'ISO 2022 IR 58': 'gbk' };

/**
 * Text of a value in the character sets that (0008,0005) names, without padding. What no decoder knows is read as Latin 1:
 * ids and keys then still differ where the bytes do.
 */
export function decodeText(value: Buffer, specificCharacterSet: string | undefined): string {
  const label = specificCharacterSet === undefined ? undefined : labelOf(specificCharacterSet);
  const text = label === undefined ? value.toString('latin1') : new TextDecoder(label).decode(label === 'iso-2022-jp' ? value : withoutEscapes(value));
  return text.replace(/^ +|[ \0]+$/g, '');
}

function labelOf(specificCharacterSet: string): string | undefined {
  const terms = specificCharacterSet.split('\\').map((term) => term.trim());
  return terms.map((term) => switched[term]).find((found) => found !== undefined) ?? decoders[terms[0]!.replace('ISO 2022 IR', 'ISO_IR')];
}

/** An escape sequence is ESC, intermediate bytes, a final byte (PS3.5 6.1.2.5.1). */
function withoutEscapes(value: Buffer): Buffer {
  if (!value.includes(0x1b)) return value;
  return Buffer.from(value.toString('latin1').replace(/\x1b[\x20-\x2f]*[\x30-\x7e]/g, ''), 'latin1');
}
