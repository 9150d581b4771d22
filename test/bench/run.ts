/**
 * `npm run bench [NAME…]`: how the product compares with its peers on this machine. Options go behind `--`:
 * `--list`, `--pairs N` (more pairs, or fewer for a first look), `--size MiB` (of the transfers), `--only TEXT` (comparisons
 * whose name has it), `-o json`, `--strict` (a missed goal is a failure). Every number is a ratio of runs that were taken in
 * turn: times of two machines, or of one machine at two moments, say nothing about each other.
 */
import { parseArgs } from 'node:util';
import { container } from './container.ts';
import { download } from './download.ts';
import { language } from './language.ts';
import { list } from './list.ts';
import { plugin } from './plugin.ts';
import { ready } from './ready.ts';
import { delivery } from './delivery.ts';
import { receive, send, slowPeers } from './dicom.ts';
import { type Bench, Context, type Line } from './runner/bench.ts';
import { jsonOf, textOf } from './runner/report.ts';
import { results } from './results.ts';
import { Workspace } from './runner/workspace.ts';
import { smallFiles } from './small-files.ts';
import { start } from './start.ts';
import { step } from './step.ts';
import { upload } from './upload.ts';

/** Other names for a bench. */
const aliases: Readonly<Record<string, string>> = { pipeline: 'language' };

const benches: readonly Bench[] = [start, plugin, ready, upload, download, smallFiles, step, container, list, language, receive, slowPeers, send, delivery, results];

function positive(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${flag} takes a whole number from 1 on, not ${text}`);
  return value;
}

async function main(): Promise<number> {
  const { values, positionals: words } = parseArgs({
    allowPositionals: true,
    options: { list: { type: 'boolean' }, pairs: { type: 'string' }, size: { type: 'string' }, only: { type: 'string' }, output: { type: 'string', short: 'o' }, strict: { type: 'boolean' } },
  });
  if (values.list === true) {
    for (const { name, about } of benches) console.log(`${name.padEnd(12)}  ${about}`);
    return 0;
  }
  if (values.output !== undefined && values.output !== 'json') throw new Error(`-o takes json, not ${values.output}`);
  const positionals = words.map((word) => aliases[word] ?? word);
  const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) throw new Error(`there is no bench ${unknown}; there are ${benches.map(({ name }) => name).join(', ')}`);
  const options = { pairs: positive(values.pairs, '--pairs'), sizeMb: positive(values.size, '--size') ?? 1024, only: values.only };
  const json = values.output === 'json';
  const lines: Line[] = [];
  let failed = false;
  for (const bench of benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    if (!json) console.log(bench.name);
    failed = !await runBench(bench, options, (line) => {
      lines.push(line);
      if (!json) console.log(textOf(line));
    }) || failed;
  }
  if (json) console.log(jsonOf(lines));
  return failed || (values.strict === true && lines.some((line) => line.kind !== 'left-out' && !line.met)) ? 1 : 0;
}

/** False where the bench could not be run. */
async function runBench(bench: Bench, options: Context['options'], take: (line: Line) => void): Promise<boolean> {
  const workspace = new Workspace();
  const interrupt = (signal: NodeJS.Signals) => void workspace.close().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    await bench.run(new Context(bench.name, workspace, options, take, progress));
    return true;
  } catch (thrown) {
    console.error(`error: ${bench.name} could not be run: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return false;
  } finally {
    progress('');
    await workspace.close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** One line that replaces itself, for whoever watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

try {
  process.exitCode = await main();
} catch (thrown) {
  console.error(`error: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 2;
}
