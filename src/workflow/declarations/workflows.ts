import { command, type Verb } from '../../terminal/program/declare.ts';
import { output } from '../../terminal/program/options.ts';

export const listWorkflows: Verb = {
  name: 'list_workflows',
  aliases: ['lw'],
  summary: 'List available workflows',
  commands: [command({
    verb: 'list_workflows',
    summary: 'List available workflows',
    description: 'One id a line, in the order of values.yaml.',
    options: { output: output() },
    examples: [
      ['clara-wf lw', 'the ids'],
      ['clara-wf lw -o wide', 'with their stages'],
      ['clara-wf lw -o json', 'with everything that is set, for programs'],
    ],
    load: () => import('../commands/list-workflows.ts').then((module) => module.listWorkflows),
  })],
};
