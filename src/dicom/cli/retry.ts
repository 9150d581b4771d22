import { type Context } from '../../terminal/context.ts';
import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { printList, type ListView } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { type Retried } from '../operate/operation.ts';
import { ask } from './rest-client.ts';

const view: ListView<Retried> = {
  kind: 'submission', id: ({ id }) => id, data: (retried) => retried,
  columns: [{ title: 'SUBMISSION', value: ({ id }) => id }, { title: 'JOB NAME', value: ({ jobName }) => jobName }],
};

/** `clara dicom retry`: begins anew with submissions that were given up; without a name, all of them. */
export async function retry(context: Context, { rest, output }: { readonly rest: string | undefined; readonly output: OutputFormat | undefined }, names: readonly string[]): Promise<void> {
  const retried: Retried[] = [];
  for (const id of names.length === 0 ? [undefined] : names) retried.push(...await ask<{ submissions: Retried[] }>(context, rest, 'POST', '/api/submissions/retry', id === undefined ? {} : { id }).then(({ submissions }) => submissions, (thrown: unknown) => { throw unknown(thrown, id); }));
  const idle = retried.filter((one) => !one.retried);
  if (idle.length > 0) throw new ClaraError('usage', `${idle[0]!.jobName} was not given up`, { hint: '`clara dicom status` shows what was; `clara dicom explain` shows what became of this one' });
  if (retried.length === 0) context.io.note('there is nothing that was given up');
  else await printList(context.io, view, retried, { output });
}

/** What the adapter does not know, in words for its reader. */
export function unknown(thrown: unknown, id: string | undefined, otherwise = ''): unknown {
  if (!(thrown instanceof ClaraError) || thrown.kind !== 'not-found') return thrown;
  return new ClaraError('not-found', `${otherwise}the adapter has submitted no job \`${visible(id ?? '')}\`, or has forgotten it`, { cause: thrown, hint: 'it remembers jobs for a week; `clara dicom status` shows what is to come, `clara list jobs` all jobs; an inference request counts once its data are there' });
}
