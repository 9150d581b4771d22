import { command, type Verb } from '../../terminal/program/declare.ts';
import { choice, flag, integer, output, text, texts } from '../../terminal/program/options.ts';
import { metadataFlag, priorities, setFlag } from './parts.ts';

export const run: Verb = {
  name: 'run',
  summary: 'Run a pipeline definition on local files and fetch the outputs',
  commands: [command({
    verb: 'run',
    summary: 'Run a pipeline definition on local files and fetch the outputs',
    description: 'Registers the definition (unless the platform has it already), creates a job, uploads its input, starts it, follows its operators and downloads what they made, each operator\'s files in a folder of its own. '
      + 'Where the platform would be on this machine and none runs, one is started, and goes on afterwards.\n'
      + 'Exits with 6 when the job fails, with the last lines of the failed operator\'s log. A run that is interrupted or breaks off cancels its job.',
    options: {
      pipeline: texts('-p, --pipeline <file>', 'definition (YAML), the main file first; may be repeated', { complete: 'file', required: true }),
      files: texts('-f, --files <path>', 'file or folder for the job\'s input; may be repeated', { complete: 'file' }),
      out: text('-o, --out <folder>', 'folder for the outputs, which is made; without it they stay on the platform', { complete: 'folder' }),
      set: setFlag(),
      name: text('-n, --name <name>', 'name of the job (that of the pipeline)', { complete: 'none' }),
      priority: choice('-i, --priority <priority>', 'place in the queue', priorities, 'normal'),
      metadata: metadataFlag('job'),
      format: choice('--format <format>', 'print the job and its outputs as', { json: 'json', yaml: 'yaml' } as const),
    },
    examples: [
      ['clara run -p ct-threshold.yaml -f ct-head/ -o out/', 'a study through a pipeline'],
      ['clara run -p ct-threshold.yaml -f ct-head/ -o out/ --set threshold=300', 'with another value of a parameter'],
      ['clara run -p main.yaml -f input/ -o out/ --format json | jq .status', 'for a script'],
    ],
    load: () => import('../commands/run/run.ts').then((module) => module.runPipeline),
  })],
};

export const watch: Verb = {
  name: 'watch',
  summary: 'Follow a job and its operators until it has stopped',
  commands: [command({
    verb: 'watch',
    summary: 'Follow a job and its operators until it has stopped',
    description: 'On a terminal a table that moves, elsewhere a line for everything that happens. Exits with 6 when the job fails, with the last lines of the failed operator\'s log. '
      + 'Ctrl-C ends the watching only.',
    args: [{ name: 'JOB_ID', help: 'id of the job, or its first digits', complete: 'job' }],
    options: { output: output(['json', 'yaml']) },
    examples: [
      ['clara watch 2f4a', 'until it has stopped'],
      ['clara watch 2f4a -o json', 'every change as one JSON document'],
    ],
    load: () => import('../commands/job/watch.ts').then((module) => module.watchJob),
  })],
};

export const logs: Verb = {
  name: 'logs',
  summary: 'Print what operators of a job have written',
  commands: [command({
    verb: 'logs',
    summary: 'Print what operators of a job have written',
    description: 'Without an operator all of them, each line after the name of its operator.',
    args: [
      { name: 'JOB_ID[/OPERATOR]', help: 'job, or the first digits of its id, and an operator of it', complete: 'job' },
      { name: 'OPERATOR', help: 'operator, as a word of its own', optional: true, complete: 'none' },
    ],
    options: {
      follow: flag('-f, --follow', 'go on until the operators have ended'),
      tail: integer('--tail <n>', 'only the last lines of each log', 1, 100_000),
    },
    examples: [
      ['clara logs 2f4a/dicom-reader', 'of one operator'],
      ['clara logs 2f4a --follow', 'of all, while they run'],
      ['clara logs 2f4a/dicom-reader --tail 20', 'the end of a long one'],
    ],
    load: () => import('../commands/job/logs.ts').then((module) => module.printLogs),
  })],
};
