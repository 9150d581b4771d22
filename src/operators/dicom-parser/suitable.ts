import { type Slice } from '../dicom/instances/instance.ts';
import { count, type Stack, stacksOf } from '../dicom/series/stack.ts';

/** What becomes of a series: stacks of slices of which the first becomes the volume, or why it is none. */
export type Suitability = { readonly kind: 'suitable'; readonly stacks: readonly Stack[]; readonly localizers: number } | { readonly kind: 'unsuitable'; readonly reason: string };

/**
 * Whether a series is a volume: planes with a place in the patient, most of them parallel. Localizers are not, neither
 * those that say so (Image Type, PS3.3 C.8.2.1.1.1) nor those that look from several sides.
 * @param reasons why instances of it are no image.
 */
export function suitability(all: readonly Slice[], reasons: ReadonlySet<string>): Suitability {
  if (all.length === 0) return { kind: 'unsuitable', reason: [...reasons].slice(0, 3).join('; ') || 'no images' };
  const slices = all.filter(({ image }) => !image.imageType.some((value) => value.toUpperCase() === 'LOCALIZER'));
  if (slices.length === 0) return { kind: 'unsuitable', reason: 'a localizer' };
  const placed = slices.filter(({ plane }) => plane !== undefined);
  if (placed.length === 0) return { kind: 'unsuitable', reason: `${count(slices.length, 'image')} without Image Position (Patient) and Image Orientation (Patient)` };
  const stacks = stacksOf(slices);
  const [main] = stacks;
  if (main!.images * 2 < slices.length) return { kind: 'unsuitable', reason: `images of ${stacks.length} sizes or orientations, as a localizer has them` };
  return { kind: 'suitable', stacks, localizers: all.length - slices.length };
}
