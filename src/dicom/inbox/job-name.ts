/** Longest name of a job that the adapter makes (dicom-adapter 9). */
const mostCharacters = 63;

/** `<called AE title>-<pipeline>-<UTC yyyyMMddHHmmss>` in small letters, digits and single hyphens. */
export function jobName(aeTitle: string, pipeline: string, now: Date): string {
  const time = now.toISOString().replace(/\D/g, '').slice(0, 14);
  return `${aeTitle}-${pipeline}-${time}`.replace(/[^A-Za-z0-9-]/g, '-').replace(/-+/g, '-').replace(/^-+|-+$/g, '').slice(0, mostCharacters).replace(/-+$/, '').toLowerCase();
}
