import { type Samples } from '../volume/elements.ts';
import { coverage, type MontagePlan, tileOrigin } from './montage.ts';

/** Values shown from black to white (PS3.3 C.11.2.1.2): the window's centre and its width. */
export interface GreyWindow {
  readonly center: number;
  readonly width: number;
}

/** A picture of red, green, blue and opacity bytes. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export type Colour = readonly [number, number, number];

/** Draws slices into a picture, one tile each, and outlines over them. */
export interface Painter {
  readonly picture: Picture;
  grey(tile: number, slice: Samples): void;
  /** Marks the edge of the voxels that are not 0: a pixel inside the mask with a neighbour outside it. */
  outline(tile: number, mask: Samples, colour: Colour): void;
}

/** @param columns @param rows size of a slice, voxels. */
export function createPainter(plan: MontagePlan, columns: number, rows: number, window: GreyWindow): Painter {
  const picture: Picture = { width: plan.width, height: plan.height, data: blank(plan.width * plan.height) };
  const across = coverage(columns, plan.tileWidth);
  const down = coverage(rows, plan.tileHeight);
  const low = window.center - window.width / 2;

  const put = (tile: number, x: number, y: number, colour: Colour): void => {
    const [left, top] = tileOrigin(plan, tile);
    picture.data.set(colour, ((top + y) * picture.width + left + x) * 4);
  };
  const mean = (slice: Samples, x: number, y: number): number => {
    const [left, right] = across[x]!;
    const [top, bottom] = down[y]!;
    let sum = 0;
    for (let row = top; row < bottom; row++) for (let column = left; column < right; column++) sum += slice[row * columns + column]!;
    return sum / ((bottom - top) * (right - left));
  };
  /** The mask at the middle of a pixel; outside the tile it counts as what is just inside, so that the tile's border is no edge. */
  const inside = (mask: Samples, x: number, y: number): boolean => {
    const [left, right] = across[Math.min(Math.max(x, 0), plan.tileWidth - 1)]!;
    const [top, bottom] = down[Math.min(Math.max(y, 0), plan.tileHeight - 1)]!;
    return mask[((top + bottom) >> 1) * columns + ((left + right) >> 1)] !== 0;
  };

  return {
    picture,
    grey: (tile, slice) => {
      for (let y = 0; y < plan.tileHeight; y++) {
        for (let x = 0; x < plan.tileWidth; x++) {
          const grey = Math.min(Math.max(Math.round(((mean(slice, x, y) - low) / window.width) * 255), 0), 255);
          put(tile, x, y, [grey, grey, grey]);
        }
      }
    },
    outline: (tile, mask, colour) => {
      for (let y = 0; y < plan.tileHeight; y++) {
        for (let x = 0; x < plan.tileWidth; x++) {
          if (!inside(mask, x, y)) continue;
          if (inside(mask, x - 1, y) && inside(mask, x + 1, y) && inside(mask, x, y - 1) && inside(mask, x, y + 1)) continue;
          put(tile, x, y, colour);
        }
      }
    },
  };
}

/** Opaque black. */
function blank(pixels: number): Uint8Array {
  const data = new Uint8Array(pixels * 4);
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return data;
}
