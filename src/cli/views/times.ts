import { fromTimestamp, isoTime } from '../../core/time.ts';

type WireTime = { readonly value: number } | undefined;

/** ISO 8601, or null where the moment has not come: for `-o json`. */
export function timeData(time: WireTime): string | null {
  const ms = fromTimestamp(time);
  return ms === undefined ? null : isoTime(ms);
}

/** ISO 8601, or `-`: for tables. */
export function timeText(time: WireTime): string {
  return timeData(time) ?? '-';
}

/**
 * ISO 8601 and Unix seconds, or `-`. Scripts for the original program take a digit 1 in the stopped line of
 * `describe job` as "finished": Unix seconds begin with one until 2033, an ISO time may hold none.
 */
export function momentText(time: WireTime): string {
  const ms = fromTimestamp(time);
  return ms === undefined ? '-' : `${isoTime(ms)} (${Math.floor(ms / 1000)})`;
}
