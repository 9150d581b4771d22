import { data } from 'dcmjs';
import { one, sequence, several, type Elements } from '../elements.ts';

/** A coded concept (PS3.3 8.8). */
export interface Code {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

/** What a label of a mask stands for (PS3.3 C.8.20.4). */
export interface Segment {
  readonly label: number;
  readonly name: string;
  readonly description: string | undefined;
  readonly category: Code;
  readonly type: Code;
  readonly typeModifier: Code | undefined;
  readonly region: Code | undefined;
  readonly regionModifier: Code | undefined;
  readonly algorithmType: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';
  readonly algorithmName: string;
  /** Red, green and blue from 0 to 255. */
  readonly color: readonly [number, number, number];
}

/** Says no more than that something of the body is marked (CID 7150, CID 7166). */
export const tissue: Code = { value: '85756007', scheme: 'SCT', meaning: 'Tissue' };

/** Colours that differ from each other on grey, in turn. */
const palette: readonly Segment['color'][] = [
  [220, 60, 50], [60, 160, 70], [70, 120, 220], [240, 180, 40], [160, 80, 190], [60, 190, 200], [240, 130, 50], [210, 110, 160], [150, 190, 60], [170, 120, 80],
];

/** The segment of a label that nothing is known of. */
export function plainSegment(label: number): Segment {
  return {
    label, name: `Label ${label}`, description: undefined, category: tissue, type: tissue, typeModifier: undefined, region: undefined, regionModifier: undefined,
    algorithmType: 'AUTOMATIC', algorithmName: 'clara pipeline', color: palette[(label - 1) % palette.length]!,
  };
}

/** An item of Segment Sequence. */
export function segmentItem(segment: Segment, number: number): Elements {
  const { typeModifier, region, regionModifier } = segment;
  return {
    '00620004': one('US', number),
    '00620005': one('LO', segment.name),
    ...(segment.description === undefined ? {} : { '00620006': one('ST', segment.description) }),
    '00620008': one('CS', segment.algorithmType),
    ...(segment.algorithmType === 'MANUAL' ? {} : { '00620009': one('LO', segment.algorithmName) }),
    '00620003': sequence(codeItem(segment.category)),
    '0062000F': sequence(withModifier(segment.type, typeModifier, '00620011')),
    ...(region === undefined ? {} : { '00082218': sequence(withModifier(region, regionModifier, '00082220')) }),
    '0062000D': several('US', ...data.Colors.rgb2DICOMLAB(segment.color.map((part) => part / 255)).map(Math.round)),
  };
}

function withModifier(code: Code, modifier: Code | undefined, tag: string): Elements {
  return { ...codeItem(code), ...(modifier === undefined ? {} : { [tag]: sequence(codeItem(modifier)) }) };
}

export function codeItem({ value, scheme, meaning }: Code): Elements {
  return { '00080100': one('SH', value), '00080102': one('SH', scheme), '00080104': one('LO', meaning) };
}
