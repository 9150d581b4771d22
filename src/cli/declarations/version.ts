import { command, type Verb } from '../../terminal/program/declare.ts';
import { output } from '../../terminal/program/options.ts';

export const version: Verb = {
  name: 'version',
  summary: 'Print the version of this program',
  commands: [command({
    verb: 'version',
    summary: 'Print the version of this program',
    description: 'With --host or --verbose the platform is asked for its version, too.',
    options: { output: output(['json', 'yaml']) },
    examples: [['clara version', 'this program'], ['clara version --host 10.0.0.1', 'and the platform on another machine']],
    load: () => import('../commands/version.ts').then((module) => module.printVersion),
  })],
};
