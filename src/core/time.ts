/**
 * Times on the wire are whole seconds since 0001-01-01T00:00:00Z, the zero of .NET's DateTime
 * (Clara guide, Timestamp; the guide's "year 0000" is a slip that NVIDIA's clients corrected in 2021).
 */
const yearOneOffset = 62_135_596_800;

/** Milliseconds since 1970 to a wire timestamp; undefined stays undefined ("not reached yet" is an absent field). */
export function toTimestamp(ms: number | undefined): { value: number } | undefined {
  return ms === undefined ? undefined : { value: Math.floor(ms / 1000) + yearOneOffset };
}

/** A wire timestamp to milliseconds since 1970; absent, zero and anything before 1970 mean "no time". */
export function fromTimestamp(timestamp: { value: number } | undefined): number | undefined {
  return timestamp === undefined || timestamp.value < yearOneOffset ? undefined : (timestamp.value - yearOneOffset) * 1000;
}

/** ISO 8601 in UTC with second accuracy (`2021-03-08T18:06:31Z`), as the CLI prints times. */
export function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
