import { ClaraError } from '../../../core/errors.ts';
import { type Context } from '../../../terminal/context.ts';

/** Says why there is no such thing, and what to do instead. */
export function deleteJobs(_context: Context, _options: unknown, _args: readonly string[]): Promise<void> {
  return Promise.reject(new ClaraError('usage', 'jobs cannot be deleted (the platform\'s API has no such call: its list of jobs is the record of what ran)', {
    hint: '`clara delete payloads PAYLOAD_ID` frees the space of a job; `clara list payloads` shows the ids',
  }));
}
