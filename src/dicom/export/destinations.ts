import { quoted } from '../../core/names.ts';

/** Where a task goes. */
export type Targets<Target> =
  | { readonly kind: 'targets'; readonly targets: readonly Target[] }
  | { readonly kind: 'problem'; readonly why: string };

/**
 * The names in a task's parameters: one JSON text (`"MYPACS"`), as the original wants it, an array of them (`["MYPACS"]`), as
 * its guide writes it, or a bare word, as one of its samples has it (results-service 8). Undefined where it is none of these.
 */
export function destinationNames(parameters: string | null): readonly string[] | undefined {
  if (parameters === null) return undefined;
  const value = parsed(parameters);
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isNamed = names.length > 0 && names.every((name) => typeof name === 'string' && name.trim() !== '');
  return isNamed ? [...new Set((names as readonly string[]).map((name) => name.trim()))] : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return /^[\w.-]+$/.test(text) ? text : undefined;
  }
}

/** The destinations that a task names, whatever the case of letters (dicom-adapter 5.4); a name spelled exactly so wins. */
export function targetsOf<Target extends { readonly name: string }>(parameters: string | null, destinations: readonly Target[]): Targets<Target> {
  const names = destinationNames(parameters);
  if (names === undefined) {
    const given = parameters === null || parameters === '' ? 'the task has no parameters' : `the parameters of the task are ${quoted(parameters)}`;
    return { kind: 'problem', why: `${given}; they have to name a destination: --data ["NAME"] of register-results` };
  }
  const found = names.map((name) => destinations.find((one) => one.name === name) ?? destinations.find((one) => one.name.toLowerCase() === name.toLowerCase()));
  const unknown = names.filter((_, index) => found[index] === undefined);
  if (unknown.length > 0) return { kind: 'problem', why: `there is no destination ${unknown.map((name) => quoted(name)).join(', ')}; \`clara dicom create dest\` makes one` };
  return { kind: 'targets', targets: [...new Set(found as readonly Target[])] };
}
