import { ClaraError } from '../../../core/errors.ts';
import { visible } from '../../../core/names.ts';
import { type Context } from '../../../terminal/context.ts';
import { printItem } from '../../../terminal/print.ts';
import { type OutputFormat } from '../../../terminal/program/options.ts';
import { type Echo } from '../../export/echo.ts';
import { ask } from '../rest-client.ts';

/** Longer than the adapter waits for the destination, in ms. */
const patienceMs = 60_000;

/** `clara dicom echo`: whether a destination answers the adapter. */
export async function echo(context: Context, { rest, output }: { readonly rest: string | undefined; readonly output: OutputFormat | undefined }, [name = '']: readonly string[]): Promise<void> {
  const echoed = await ask<Echo>(context, rest, 'POST', `/api/destinations/${encodeURIComponent(name)}/echo`, undefined, patienceMs).catch((thrown: unknown) => { throw noDestination(thrown, name); });
  const { address, result } = echoed;
  const text = () => (result.kind === 'answered' ? [`${address} answered in ${result.roundTripMs} ms${result.openMs === undefined ? '' : `; its association was open after ${result.openMs} ms`}`] : []);
  await printItem(context.io, { kind: 'dest', id: ({ destination }) => destination, data: (data) => data }, echoed, text, { output });
  if (result.kind !== 'answered') throw new ClaraError(result.kind, result.message, result.hint === undefined ? {} : { hint: result.hint });
}

/** A destination that is not there, in words for who named it. */
export function noDestination(thrown: unknown, name: string): unknown {
  if (!(thrown instanceof ClaraError) || thrown.kind !== 'not-found') return thrown;
  return new ClaraError('not-found', `there is no destination \`${visible(name)}\``, { cause: thrown, hint: '`clara dicom list dest` lists them, `clara dicom create dest` adds one' });
}
