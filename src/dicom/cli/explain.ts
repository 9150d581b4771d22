import { stat } from 'node:fs/promises';
import { ClaraError } from '../../core/errors.ts';
import { isIdPrefix } from '../../core/ids.ts';
import { visible } from '../../core/names.ts';
import { type Context } from '../../terminal/context.ts';
import { printItem } from '../../terminal/print.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { parseProcessor } from '../entities/processor.ts';
import { parseTag, tagKey } from '../entities/tag.ts';
import { type ClaraAeTitle } from '../entities/entities.ts';
import { type ExplainFileRequest, type FileExplanation, type FileFacts } from '../operate/explain-file.ts';
import { type JobExplanation } from '../operate/explain-job.ts';
import { DicomFile } from '../part10/file.ts';
import { DataSetScanner } from '../part10/scan-data-set.ts';
import { wantedTags } from '../receive/verdict.ts';
import { fileLines, jobLines } from './explain-lines.ts';
import { ask } from './rest-client.ts';
import { unknown } from './retry.ts';

interface Options {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly rest: string | undefined;
  readonly output: OutputFormat | undefined;
}

/** `clara dicom explain FILE|JOB`: what would become of a file, or why there is a job. */
export async function explain(context: Context, options: Options, [what = '']: readonly string[]): Promise<void> {
  const found = await stat(what).catch(() => undefined);
  if (found?.isDirectory()) throw new ClaraError('usage', `${visible(what)} is a folder`, { hint: 'name one file of it' });
  if (found !== undefined) return explainFile(context, options, what);
  if (!isIdPrefix(what) && /[./\\]/.test(what)) throw new ClaraError('not-found', `${visible(what)} does not exist`);
  return explainJob(context, options, what.replace(/^jobs?\//, ''));
}

async function explainJob(context: Context, { from, to, rest, output }: Options, id: string): Promise<void> {
  if (from !== undefined || to !== undefined) throw new ClaraError('usage', `--from and --to are about a file, and there is no file ${visible(id)}`);
  const explanation = await ask<JobExplanation>(context, rest, 'GET', `/api/explain/job/${encodeURIComponent(id)}`).catch((thrown: unknown) => { throw unknown(thrown, id, `there is no file \`${visible(id)}\`, and `); });
  await printItem(context.io, { kind: 'submission', id: ({ submission }) => submission.id, data: (data) => data }, explanation, () => jobLines(explanation, output === 'wide'), { output });
}

async function explainFile(context: Context, { from, to, rest, output }: Options, path: string): Promise<void> {
  const titles = await ask<ClaraAeTitle[]>(context, rest, 'GET', '/api/config/claraaetitle');
  const file = await factsOf(path, titles);
  const request: ExplainFileRequest = { file, ...(from === undefined ? {} : { from: senderOf(from) }), ...(to === undefined ? {} : { to }) };
  const explanation = await ask<FileExplanation>(context, rest, 'POST', '/api/explain/file', request);
  const shown = { path, file, ...explanation };
  await printItem(context.io, { kind: 'file', id: () => path, data: (data) => data }, shown, () => fileLines(shown), { output });
}

/** `AE@IP`, or `AE`. */
function senderOf(text: string): { readonly aeTitle: string; readonly hostIp?: string } {
  const at = text.lastIndexOf('@');
  const [aeTitle, hostIp] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (aeTitle.trim() === '' || hostIp === '') throw new ClaraError('usage', `--from: \`${visible(text)}\` is not a sender`, { hint: 'write AE@IP, for example DCM4CHEE@10.0.0.5' });
  return { aeTitle, ...(hostIp === undefined ? {} : { hostIp }) };
}

/** What any AE title may want to know of the file. */
async function factsOf(path: string, titles: readonly ClaraAeTitle[]): Promise<FileFacts> {
  const groupings = titles.flatMap(({ processorSettings, aeTitle }) => {
    const parsed = parseProcessor(processorSettings, aeTitle);
    return parsed.kind === 'rules' ? [parsed.rules.groupBy] : [];
  });
  const wanted = [...new Set([...wantedTags({ quietMs: 0, groupBy: 0 }), ...groupings, parseTag('0020,000D')!])];
  const file = await DicomFile.open(path);
  try {
    const { sopClass, sopInstance, transferSyntax } = file.meta;
    const scanner = new DataSetScanner(transferSyntax, wanted);
    for await (const piece of file.dataSet()) {
      await scanner.push(piece);
      if (scanner.isDone) break;
    }
    scanner.end();
    const values = Object.fromEntries(wanted.flatMap((tag) => {
      const value = scanner.text(tag);
      return value === undefined ? [] : [[tagKey(tag), value]];
    }));
    return { sopClass, sopInstance, transferSyntax, values };
  } finally {
    await file.close();
  }
}
