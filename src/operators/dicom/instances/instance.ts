import { type PixelFormat } from '../../../pixels/format.ts';
import { type Vector } from '../../volume/vector.ts';

/** Where an instance's pixel data is in its file. */
export interface PixelLocation {
  readonly transferSyntax: string;
  /** Offset of the value of (7FE0,0010) in the file, or in the inflated data set. */
  readonly offset: number;
  /** Its length in bytes; undefined: encapsulated in fragments (PS3.5 A.4). */
  readonly length: number | undefined;
  /** The value was written in big-endian words of this many bytes; 1: bytes as they are. */
  readonly wordSize: 1 | 2;
}

/** One image plane: an instance of one frame, or one frame of a multi-frame instance. */
export interface Slice {
  readonly image: ImageFile;
  /** Frame of the instance, from zero. */
  readonly frame: number;
  readonly instanceNumber: number;
  /** Image Position (Patient) and Image Orientation (Patient), where the instance has them. */
  readonly plane: Plane | undefined;
  /** Distance between the centres of neighbouring rows and columns, mm; undefined: the instance does not say. */
  readonly pixelSpacing: readonly [number, number] | undefined;
  /** What the instance says of its extent along the normal, mm: spacing between slices, else slice thickness. */
  readonly thickness: number | undefined;
  /** Stored values to output values (PS3.3 C.11.1): value × slope + intercept. */
  readonly slope: number;
  readonly intercept: number;
}

export interface Plane {
  readonly position: Vector;
  /** Direction of increasing column index, along a row. */
  readonly row: Vector;
  /** Direction of increasing row index, down a column. */
  readonly column: Vector;
}

/** A file that holds image planes. */
export interface ImageFile {
  /** Absolute path. */
  readonly path: string;
  /** Path below the input folder, for messages. */
  readonly name: string;
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly instanceUid: string;
  readonly sopClass: string;
  readonly modality: string;
  /** Image Type (0008,0008): `ORIGINAL`, `PRIMARY`, `AXIAL`… */
  readonly imageType: readonly string[];
  readonly frames: number;
  readonly format: PixelFormat;
  readonly pixels: PixelLocation;
  /** Gantry/Detector Tilt (0018,1120), degrees. */
  readonly gantryTilt: number | undefined;
}

/** A file that is left out, and why. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly reason: string;
}

/** What a file turned out to be. */
export type FileContent = { readonly kind: 'image'; readonly slices: readonly Slice[] } | Skipped;
