import { command, type Verb } from '../../terminal/program/declare.ts';
import { output } from '../../terminal/program/options.ts';

export const listStages: Verb = {
  name: 'list_stages',
  aliases: ['list', 'ls'],
  summary: 'List available stages',
  commands: [command({
    verb: 'list_stages',
    summary: 'List available stages',
    description: 'One name a line, in the order of the alphabet.',
    options: { output: output() },
    examples: [
      ['clara-wf ls', 'the names'],
      ['clara-wf ls -o wide', 'with images, and the workflows that use them'],
      ['clara-wf ls -o json', 'the same for programs'],
    ],
    load: () => import('../commands/list-stages.ts').then((module) => module.listStages),
  })],
};
