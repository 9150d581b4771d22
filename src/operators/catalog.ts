/** An operator that comes with the product: it runs as a host process, or in a container made from our template. */
export interface ProvidedOperator {
  readonly name: string;
  /** The program, relative to the folder of the built product. */
  readonly program: string;
  readonly summary: string;
}

const summaries = {
  'dicom-parser': 'writes the metadata of DICOM files as JSON and their series as volumes',
  'dicom-reader': 'turns DICOM files into one MetaImage volume per series',
  'dicom-writer': 'turns a volume into a DICOM series or segmentation object of the study that it comes from',
  'register-results': 'tells the Results Service that files are ready for an exporter',
  'series-selector': 'selects series by rules about their metadata',
  'threshold-segmentation': 'segments the largest connected part of a volume within a window of values',
  'volume-loader': 'puts a volume into shared memory',
  'volume-preview': 'draws a montage of slices with the outline of a mask',
  'volume-smoother': 'smooths a volume that it finds in shared memory',
} as const;

/** Every operator we provide, by name. */
export const providedOperators: readonly ProvidedOperator[] = Object.entries(summaries).map(([name, summary]) => ({
  name,
  program: `operators/${name}.js`,
  summary,
}));

/**
 * The operator of ours that an image name stands for: `clara/<name>` below any registry, or `<name>` alone, with any
 * tag or digest (`nvcr.io/nvidia/clara/dicom-reader:0.8.1-2108.1`). Undefined for any other image.
 */
export function programOf(image: string): ProvidedOperator | undefined {
  const segments = image.trim().replace(/@[^/]*$/, '').replace(/:[^/:]*$/, '').split('/');
  const name = segments.at(-1);
  if (segments.length > 1 && segments.at(-2) !== 'clara') return undefined;
  return providedOperators.find((operator) => operator.name === name);
}
