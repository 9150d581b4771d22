import { uidOf } from '../../dicom/uids.ts';
import { type Slice } from '../../dicom/instances/instance.ts';
import { studyAttributes } from '../attributes.ts';
import { equipment, firstValue, madeAt, missing, one, requiredOfStudy, sequence, seriesNumber, several, type Elements } from '../elements.ts';
import { dimensions, referencedSeries, sharedGroups } from './functional-groups.ts';
import { segmentItem, type Segment } from './segment.ts';

export const segmentationStorage = '1.2.840.10008.5.1.4.1.1.66.4';

/** What is to be said of a segmentation object beside its frames. */
export interface SegmentationParts {
  /** The text that its UIDs grow from: the same gives the same object. */
  readonly seed: string;
  readonly uid: string;
  readonly description: string;
  readonly creator: string | undefined;
  readonly date: Date;
  readonly segments: readonly Segment[];
  readonly frames: number;
  /** The originals, in order. */
  readonly slices: readonly Slice[];
}

/** A segmentation object (PS3.3 A.51) up to what belongs to each of its frames. `original`: the attributes of the first of its originals. */
export function segmentationDataSet(original: Elements, parts: SegmentationParts): Elements {
  const [first] = parts.slices as readonly [Slice, ...Slice[]];
  const hasPositions = first.plane !== undefined;
  return {
    ...withoutEmpty(studyAttributes(original), '00200060'),
    ...equipment(),
    ...madeAt(parts.date),
    ...missing(original, requiredOfStudy),
    ...(hasPositions ? missing(original, { '00201040': 'LO' }) : { '00200020': original['00200020'] ?? { vr: 'CS', Value: [] } }),
    // Positions mean something within a frame of reference only; originals that name none have at least one in common.
    ...(hasPositions && firstValue(original, '00200052') === undefined ? { '00200052': one('UI', uidOf(`frame of reference of ${first.image.seriesUid}`)) } : {}),
    '00080005': one('CS', 'ISO_IR 192'),
    '00080008': several('CS', 'DERIVED', 'PRIMARY'),
    '00080016': one('UI', segmentationStorage),
    '00080018': one('UI', parts.uid),
    '00080060': one('CS', 'SEG'),
    '0008103E': one('LO', parts.description),
    // Type 1 (PS3.3 C.7.5.2), and a program has none.
    '00181000': one('LO', 'none'),
    '0020000E': one('UI', uidOf(`${parts.seed} series`)),
    '00200011': seriesNumber(original, 2000),
    '00200013': one('IS', '1'),
    ...referencedSeries(parts.slices),
    ...dimensions(uidOf(`${parts.seed} dimensions`), hasPositions),
    ...image(first, parts),
    ...(firstValue(original, '00282110') === undefined ? { '00282110': one('CS', '00') } : {}),
    '00620002': sequence(...parts.segments.map((segment, index) => segmentItem(segment, index + 1))),
    '52009229': sequence(sharedGroups(parts.slices, original)),
  };
}

/** Laterality is there with a value or not at all: that of a segment is a matter of its codes (PS3.3 C.7.3.1). */
function withoutEmpty(elements: Elements, tag: string): Elements {
  return Object.fromEntries(Object.entries(elements).filter(([name]) => name !== tag || firstValue(elements, tag) !== undefined));
}

/** Segmentation Image (PS3.3 C.8.20.2) and its pixels. */
function image({ image: { format } }: Slice, { frames, description, creator }: SegmentationParts): Elements {
  return {
    '00280002': one('US', 1),
    '00280004': one('CS', 'MONOCHROME2'),
    '00280008': one('IS', String(frames)),
    '00280010': one('US', format.rows),
    '00280011': one('US', format.columns),
    '00280100': one('US', 1),
    '00280101': one('US', 1),
    '00280102': one('US', 0),
    '00280103': one('US', 0),
    '00280301': one('CS', 'NO'),
    '00620001': one('CS', 'BINARY'),
    // A voxel of a mask has one label.
    '00620013': one('CS', 'NO'),
    '00700080': one('CS', 'SEGMENTATION'),
    '00700081': one('LO', description),
    '00700084': creator === undefined ? { vr: 'PN', Value: [] } : one('PN', creator),
  };
}
