import { decimalString } from '../../dicom/uids.ts';
import { isEven, meanGap } from '../../dicom/series/geometry.ts';
import { type Slice } from '../../dicom/instances/instance.ts';
import { sliceGeometry } from '../../dicom/series/stack.ts';
import { one, sequence, several, type Elements } from '../elements.ts';
import { type Frame } from './labels.ts';
import { codeItem } from './segment.ts';

const segmentation = { value: '113076', scheme: 'DCM', meaning: 'Segmentation' };
const sourceImage = { value: '121322', scheme: 'DCM', meaning: 'Source image for image processing operation' };

/** What all frames have in common: an item of Shared Functional Groups Sequence (PS3.3 C.7.6.16). */
export function sharedGroups(slices: readonly Slice[], original: Elements): Elements {
  const [first] = slices;
  const spacing = first?.pixelSpacing;
  const orientation = original['00200037'];
  return {
    ...(spacing === undefined ? {} : { '00289110': sequence({ ...pixelMeasures(slices, original), '00280030': several('DS', ...spacing.map(decimalString)) }) }),
    ...(first?.plane === undefined || orientation === undefined ? {} : { '00209116': sequence({ '00200037': orientation }) }),
  };
}

/** Pixel Measures (C.7.6.16.2.1). One spacing is said where there is one. */
function pixelMeasures(slices: readonly Slice[], original: Elements): Elements {
  const planes = slices.flatMap(({ plane }) => (plane === undefined ? [] : [plane]));
  const positions = planes.length === 0 ? [0] : sliceGeometry(planes).positions;
  const gap = positions.length > 1 ? meanGap(positions) : undefined;
  const thickness = original['00180050'];
  return {
    '00180050': thickness !== undefined && thickness.Value.length > 0 ? thickness : one('DS', decimalString(gap ?? slices[0]?.thickness ?? 1)),
    ...(gap === undefined || !isEven(positions) ? {} : { '00180088': one('DS', decimalString(Number(gap.toFixed(6)))) }),
  };
}

/** The dimensions that frames are sorted by: segment, then position where there is one (PS3.3 C.7.6.17). */
export function dimensions(organization: string, hasPositions: boolean): Elements {
  const index = (pointer: number, group: number, label: string): Elements => ({
    '00209164': one('UI', organization), '00209165': one('AT', pointer), '00209167': one('AT', group), '00209421': one('LO', label),
  });
  return {
    '00209221': sequence({ '00209164': one('UI', organization) }),
    '00209222': sequence(
      index(0x0062000b, 0x0062000a, 'Segment'),
      ...(hasPositions ? [index(0x00200032, 0x00209113, 'Position')] : []),
    ),
  };
}

/** Where each slice stands among those that have a frame, from one: the values of a dimension have no gaps. */
export function positionIndex(frames: readonly Frame[]): ReadonlyMap<number, number> {
  const slices = [...new Set(frames.map(({ slice }) => slice))].sort((a, b) => a - b);
  return new Map(slices.map((slice, index) => [slice, index + 1]));
}

/** What belongs to one frame: an item of Per-Frame Functional Groups Sequence. */
export function frameGroups({ segment, slice: index }: Frame, slice: Slice, positions: ReadonlyMap<number, number>): Elements {
  const { image, plane, frame } = slice;
  return {
    // Derivation Image (C.7.6.16.2.6)
    '00089124': sequence({
      '00082112': sequence({
        ...reference(slice),
        ...(image.frames > 1 ? { '00081160': one('IS', String(frame + 1)) } : {}),
        '0028135A': one('CS', 'YES'),
        '0040A170': sequence(codeItem(sourceImage)),
      }),
      '00089215': sequence(codeItem(segmentation)),
    }),
    '00209111': sequence({ '00209157': several('UL', segment, ...(plane === undefined ? [] : [positions.get(index)!])) }),
    ...(plane === undefined ? {} : { '00209113': sequence({ '00200032': several('DS', ...plane.position.map(decimalString)) }) }),
    '0062000A': sequence({ '0062000B': one('US', segment) }),
  };
}

/** Common Instance Reference (PS3.3 C.12.2): the images that the mask belongs to, each file once. */
export function referencedSeries(slices: readonly Slice[]): Elements {
  const images = new Map(slices.map((slice) => [slice.image.instanceUid, slice]));
  return {
    '00081115': sequence({
      '0008114A': sequence(...[...images.values()].map(reference)),
      '0020000E': one('UI', slices[0]!.image.seriesUid),
    }),
  };
}

function reference({ image }: Slice): Elements {
  return { '00081150': one('UI', image.sopClass), '00081155': one('UI', image.instanceUid) };
}
