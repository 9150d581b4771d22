/** `yaml`: dicom-server-config.yaml, up to 0.6. `json`: appsettings.json, from 0.7 on. Both take the keys of either. */
export type Generation = 'yaml' | 'json';

/** Something in a settings file that its author should know; an error keeps the adapter from starting. */
export interface Finding {
  readonly level: 'error' | 'warning';
  readonly file: string;
  /** From 1 on. */
  readonly line: number | undefined;
  /** `DicomAdapter>dicom>scp>port`, as the original names options; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** `FILE:LINE: error: PATH: MESSAGE`. */
export function findingLine({ level, file, line, path, message }: Finding): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${level}: ${path === '' ? '' : `${path}: `}${message}`;
}
