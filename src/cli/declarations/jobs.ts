import { command, type Verb } from '../program/declare.ts';
import { choice, text, texts } from '../program/options.ts';
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
