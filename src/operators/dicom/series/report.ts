import { type ConvertedVolume } from './convert.ts';

/**
 * What `<name>.json`, beside the volume, says about it: everything its header has no place for. It never holds
 * a name, a number or a date of a patient.
 */
export function volumeReport({ file, elementType, slices, geometry, warnings }: ConvertedVolume): object {
  const { image } = slices[0]!;
  return {
    seriesInstanceUid: image.seriesUid,
    studyInstanceUid: image.studyUid,
    modality: image.modality,
    volume: file,
    elementType,
    photometricInterpretation: image.format.photometric,
    size: geometry.size,
    spacing: geometry.spacing,
    origin: geometry.origin,
    direction: geometry.direction,
    slicePositions: geometry.positions.map((at) => Number(at.toFixed(6))),
    instances: slices.map((slice) => (image.frames > 1 ? `${slice.image.instanceUid}#${slice.frame + 1}` : slice.image.instanceUid)),
    warnings,
  };
}
