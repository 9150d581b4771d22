import { ClaraError } from '../../core/errors.ts';
import { withoutKind } from './ids.ts';

/** `ID:PATH` as users write it: the id of a job or a payload, or its first digits, and a place in the payload. */
export interface PayloadPlace {
  readonly id: string;
  /** What stands behind the colon; undefined where there is none. */
  readonly path: string | undefined;
}

/** Takes `2f4a:/operators/x`, `2f4a`, and what `-o name` prints: `job/2f4a:…`. */
export function parsePlace(text: string): PayloadPlace {
  const colon = text.indexOf(':');
  const id = withoutKind('payload', withoutKind('job', colon === -1 ? text : text.slice(0, colon)));
  if (id === '') throw new ClaraError('usage', `\`${text}\` names no job and no payload`, { hint: 'write JOB_ID:PATH' });
  return { id, path: colon === -1 ? undefined : text.slice(colon + 1) };
}
