import { ClaraError, messageOf } from '../../core/errors.ts';
import { type Context } from '../../terminal/context.ts';
import { restAddress } from './place.ts';

const usualPatienceMs = 30_000;

/** Asks the adapter's REST API; a refusal becomes an error in its own words. */
export async function ask<Answer>(context: Context, named: string | undefined, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, patienceMs: number = usualPatienceMs): Promise<Answer> {
  const address = await restAddress(context, named);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`http://${address}${path}`, {
      method, signal: AbortSignal.any([context.signal, AbortSignal.timeout(patienceMs)]), ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    text = await response.text();
  } catch (thrown) {
    if (context.signal.aborted) throw new ClaraError('interrupted', 'interrupted');
    throw new ClaraError('unreachable', `the DICOM adapter at ${address} does not answer (${messageOf((thrown as { cause?: unknown }).cause ?? thrown)})`, { cause: thrown, hint: 'see `clara dicom status`' });
  }
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return answer as Answer;
  const { title, detail } = (answer ?? {}) as { title?: string; detail?: string };
  const [first = title ?? `the adapter answered with ${response.status}`, ...details] = (detail ?? '').split('\n').filter((line) => line !== '');
  throw new ClaraError(response.status === 404 ? 'not-found' : response.status < 500 ? 'usage' : 'failed', first, { details });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
