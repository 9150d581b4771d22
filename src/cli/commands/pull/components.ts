/** A part of Clara that has a chart: its word, its name to people, its folder below `charts/` (reference: plugins, clara-pull). */
export interface Component {
  readonly word: string;
  readonly product: string;
  readonly folder: string;
}

export const components: readonly Component[] = [
  { word: 'platform', product: 'Clara Platform', folder: 'clara' },
  { word: 'dicom', product: 'Clara Dicom Adapter', folder: 'dicom-adapter' },
  { word: 'render', product: 'Clara Renderer', folder: 'clara-renderer' },
  { word: 'monitor', product: 'Clara Monitor Server', folder: 'clara-monitor-server' },
  { word: 'console', product: 'Clara Management Console', folder: 'clara-console' },
];
