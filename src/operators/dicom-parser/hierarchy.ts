import { type Slice } from '../dicom/instances/instance.ts';
import { type KnownSeries, type KnownStudy } from '../metadata/document.ts';
import { type Instance } from './instance.ts';

/** The studies of a folder, and what is left out of them. */
export interface Hierarchy {
  readonly studies: readonly KnownStudy<Instance>[];
  /** Second copies of an instance. */
  readonly copies: readonly Instance[];
}

/** Sorts instances by study, series and instance number; studies and series in the order of their UIDs. */
export function hierarchyOf(instances: readonly Instance[]): Hierarchy {
  const copies: Instance[] = [];
  const studies = [...grouped(instances, ({ studyUid }) => studyUid)].map(([, ofStudy]) => ({
    series: [...grouped(ofStudy, ({ seriesUid }) => seriesUid)].map(([uid, ofSeries]): KnownSeries<Instance> => ({ uid, instances: withoutCopies(ofSeries, copies) })),
  }));
  return { studies, copies };
}

function grouped(instances: readonly Instance[], keyOf: (instance: Instance) => string): Map<string, Instance[]> {
  const groups = new Map<string, Instance[]>();
  for (const instance of instances) {
    const key = keyOf(instance);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [instance]);
    else known.push(instance);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutCopies(instances: readonly Instance[], copies: Instance[]): readonly Instance[] {
  const seen = new Set<string>();
  return [...instances].sort((a, b) => a.instanceNumber - b.instanceNumber || (a.name < b.name ? -1 : 1)).filter((instance) => {
    const isCopy = instance.instanceUid !== '' && seen.has(instance.instanceUid);
    seen.add(instance.instanceUid);
    if (isCopy) copies.push(instance);
    return !isCopy;
  });
}

/** The image planes of every series, by its UID. */
export function slicesBySeries(instances: readonly Instance[]): ReadonlyMap<string, { readonly slices: readonly Slice[]; readonly reasons: ReadonlySet<string> }> {
  return new Map([...grouped(instances, ({ seriesUid }) => seriesUid)].map(([uid, own]) => [uid, {
    slices: own.flatMap(({ images }) => (images.kind === 'image' ? images.slices : [])),
    reasons: new Set(own.flatMap(({ images }) => (images.kind === 'skipped' ? [images.reason] : []))),
  }]));
}
