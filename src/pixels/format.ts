/** How the values of one frame are laid out (PS3.3 C.7.6.3, PS3.5 8.1.1). */
export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
}

/** Bytes of one frame that is not compressed. */
export function frameBytes({ rows, columns, samplesPerPixel, bitsAllocated }: PixelFormat): number {
  return rows * columns * samplesPerPixel * (bitsAllocated / 8);
}

/** What is wanted of the colours of a frame; grey values have neither. */
export interface ColourLayout {
  /** RLE: a plane for each sample (Planar Configuration 1). All others come out by pixel. */
  readonly planar?: boolean;
  /** JPEG, lossy: luminance and chrominance are converted to RGB. */
  readonly toRgb?: boolean;
}
