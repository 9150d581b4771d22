import { visible } from './names.ts';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes with three significant digits: `17 B`, `1.50 MiB`, `12.3 GiB`. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.5 would round to 1024 of its unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]!}`;
}

/** The first few of many names and how many there are beyond: `a, b, c and 37 more`. */
export function someOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map(visible).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** `1 file`, `2 files`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
