/** Where the tiles of a montage go. */
export interface MontagePlan {
  /** Slices that are shown, ascending. */
  readonly slices: readonly number[];
  readonly columns: number;
  readonly rows: number;
  /** Size of a tile, pixels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Size of the whole picture, pixels. */
  readonly width: number;
  readonly height: number;
}

export interface MontageSettings {
  /** Most slices to show. */
  readonly tiles: number;
  /** Tiles side by side; 0: as many as make the picture about as wide as a screen. */
  readonly columns: number;
  /** Longer side of a tile, pixels. */
  readonly tileSize: number;
}

/** Pixels between tiles. */
const gap = 2;
/** Width to height of the picture that an automatic number of columns aims at. */
const wantedRatio = 4 / 3;

/**
 * Lays out a montage: slices spread evenly over the volume, tiles in the proportions that the slice has in the patient.
 * @param size columns, rows, slices.
 * @param spacing of columns and rows, mm.
 */
export function planMontage(size: readonly [number, number, number], spacing: readonly [number, number, number], settings: MontageSettings): MontagePlan {
  const slices = spread(size[2], settings.tiles);
  const extent = [size[0] * spacing[0], size[1] * spacing[1]] as const;
  const perMm = settings.tileSize / Math.max(...extent);
  const tileWidth = Math.max(Math.round(extent[0] * perMm), 1);
  const tileHeight = Math.max(Math.round(extent[1] * perMm), 1);
  const automatic = Math.round(Math.sqrt((slices.length * wantedRatio * tileHeight) / tileWidth));
  const columns = Math.min(Math.max(settings.columns || automatic, 1), slices.length);
  const rows = Math.ceil(slices.length / columns);
  return { slices, columns, rows, tileWidth, tileHeight, width: columns * (tileWidth + gap) - gap, height: rows * (tileHeight + gap) - gap };
}

/** Left upper corner of a tile, pixels. */
export function tileOrigin(plan: MontagePlan, tile: number): readonly [number, number] {
  return [(tile % plan.columns) * (plan.tileWidth + gap), Math.floor(tile / plan.columns) * (plan.tileHeight + gap)];
}

/** At most `wanted` of `count` indices, the middles of equal parts of the whole. */
function spread(count: number, wanted: number): number[] {
  const shown = Math.min(count, wanted);
  return Array.from({ length: shown }, (_, index) => Math.floor(((index + 0.5) * count) / shown));
}

/** For each of `length` target pixels the source pixels that it covers, `[from, to)`, at least one. */
export function coverage(source: number, length: number): (readonly [number, number])[] {
  return Array.from({ length }, (_, index) => {
    const from = Math.floor((index * source) / length);
    return [from, Math.max(Math.floor(((index + 1) * source) / length), from + 1)] as const;
  });
}
