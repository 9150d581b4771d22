import { command, type Verb } from '../program/declare.ts';
import { assignments, flag, output, texts } from '../program/options.ts';

export const validate: Verb = {
  name: 'validate',
  summary: 'Check pipeline definitions without a platform',
  commands: [command({
    verb: 'validate',
    summary: 'Check pipeline definitions without a platform',
    description: 'Prints everything that is wrong or doubtful, with its place, and exits 2 where a definition has an error.\n'
      + 'docs/pipeline-language.md explains each finding by its code.',
    args: [{ name: 'FILE', help: 'further definitions', optional: true, many: true, complete: 'file' }],
    options: {
      pipeline: texts('-p, --pipeline <file>', 'definition, a pattern such as `pipelines/**/*.yaml`, or `-` for standard input; may be repeated', { required: true, complete: 'file' }),
      set: assignments('--set <name=value>', 'check with this value of a parameter or variable; may be repeated'),
      strict: flag('--strict', 'take warnings for errors'),
      output: output(['json', 'yaml']),
    },
    examples: [
      ['clara validate -p main.yaml', 'one definition'],
      ["clara validate -p 'pipelines/**/*.yaml' --strict", 'all of a folder, warnings count'],
      ['clara validate -p main.yaml --set threshold=300 -o json', 'with a job\'s value, for a script'],
    ],
    load: () => import('../commands/validate.ts').then((module) => module.validateDefinitions),
  })],
};
