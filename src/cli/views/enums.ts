/** The protocol's name of an enumeration's value (`JOB_STATE_STOPPED`); a number that this program does not know stays a number. */
export function protocolName(names: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(names).find(([, number]) => number === value);
  return found === undefined || found[1] < 0 ? String(value) : found[0];
}

/** The last part of it, for tables: `STOPPED`. The prefix is the longest that all names share. */
export function shortName(names: Readonly<Record<string, number>>, value: number): string {
  return protocolName(names, value).slice(prefixOf(names).length);
}

/** Words for a flag, from an enumeration: `stopped` for JOB_STATE_STOPPED; the unknown value is left out. */
export function enumWords<Value extends number>(names: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const prefix = prefixOf(names);
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value > 0).map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]));
}

function prefixOf(names: Readonly<Record<string, number>>): string {
  const [first = ''] = Object.keys(names);
  return first.slice(0, first.lastIndexOf('UNKNOWN'));
}
