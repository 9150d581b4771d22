import { type Header } from '../dicom/instances/header.ts';
import { decimal, tags, text } from '../dicom/instances/attributes.ts';
import { describe, isDirectory, isUid } from '../dicom/instances/describe.ts';
import { type FileContent, type Skipped } from '../dicom/instances/instance.ts';

/** A DICOM file, with or without an image. */
export interface Instance {
  readonly kind: 'instance';
  readonly path: string;
  /** Path below the input folder. */
  readonly name: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly instanceUid: string;
  readonly instanceNumber: number;
  /** Its image planes, or why it has none. */
  readonly images: FileContent;
}

/** What the parser makes of a file: every DICOM file that says which series it belongs to counts. */
export function describeInstance(header: Header, path: string, name: string): Instance | Skipped {
  const images = describe(header, path, name);
  if (header.kind !== 'header') return images.kind === 'skipped' ? images : { kind: 'skipped', reason: header.kind };
  const { dataSet } = header;
  if (isDirectory(dataSet)) return { kind: 'skipped', reason: 'a DICOMDIR, which is no instance' };
  const seriesUid = text(dataSet, tags.seriesUid) ?? '';
  if (!isUid(seriesUid)) return { kind: 'skipped', reason: 'no valid Series Instance UID' };
  return {
    kind: 'instance', path, name, seriesUid, images,
    studyUid: text(dataSet, tags.studyUid) ?? '',
    instanceUid: text(dataSet, tags.instanceUid) ?? '',
    instanceNumber: decimal(dataSet, tags.instanceNumber) ?? 0,
  };
}
