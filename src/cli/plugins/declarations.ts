import { command, type Verb } from '../../terminal/program/declare.ts';
import { flag, output } from '../../terminal/program/options.ts';

export const plugin: Verb = {
  name: 'plugin',
  summary: 'List, install or remove plugins',
  isTopic: true,
  commands: [
    command({
      verb: 'plugin',
      noun: 'list',
      summary: 'List plugins, where they are, and what keeps them from being run',
      description: 'In the order of the search: bundled ones, those in ~/.clara/plugins, those on PATH. None of them is run.',
      options: { output: output(['wide', 'json', 'yaml', 'name']), quiet: flag('-q, --quiet', 'names only') },
      examples: [
        ['clara plugin list', 'name, path, warning'],
        ['clara plugin list -o json', 'for a script, with summaries'],
      ],
      load: () => import('../commands/plugin/list.ts').then((module) => module.listPlugins),
    }),
    command({
      verb: 'plugin',
      noun: 'install',
      summary: 'Install plugins into ~/.clara/plugins',
      description: 'From a program whose name begins with `clara-`, a folder with such programs, or an npm package (its folder, its archive, or its name '
        + 'in the registry) whose `bin` names such programs. A file `clara-x.json` beside the program comes along. docs/plugins.md says how to write one.',
      args: [{ name: 'FILE|DIR|PACKAGE', help: 'program, folder or npm package', complete: 'file' }],
      options: { yes: flag('-y, --yes', 'do not ask before an installed plugin is replaced, the answer is yes') },
      examples: [
        ['clara plugin install ./clara-hello', 'then `clara hello`'],
        ['clara plugin install hello/', 'what `clara init plugin hello` made'],
        ['clara plugin install @hospital/clara-dicomweb@2', 'a package of the registry, by npm'],
      ],
      load: () => import('../commands/plugin/install.ts').then((module) => module.installPlugins),
    }),
    command({
      verb: 'plugin',
      noun: 'remove',
      summary: 'Remove a plugin from ~/.clara/plugins',
      args: [{ name: 'NAME', help: 'the words that run it, or the name of its file', many: true, complete: 'plugin' }],
      options: {},
      examples: [['clara plugin remove hello', 'the opposite of `clara plugin install ./clara-hello`']],
      load: () => import('../commands/plugin/remove.ts').then((module) => module.removePlugin),
    }),
  ],
};
