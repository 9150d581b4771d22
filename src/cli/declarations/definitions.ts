import { command, type Verb } from '../../terminal/program/declare.ts';
import { assignments, choice, flag, output, text, texts } from '../../terminal/program/options.ts';
import { graphFormats, partsFlag } from './parts.ts';

const definition = texts('-p, --pipeline <file>', 'definition (YAML), the main file first, `-` for standard input; may be repeated', { complete: 'file', required: true });
const set = assignments('--set <name=value>', 'with this value of a parameter or variable; may be repeated');

/** The verbs that need no platform: definitions on this machine. */
export const validate: Verb = {
  name: 'validate',
  summary: 'Check pipeline definitions without a platform',
  commands: [command({
    verb: 'validate',
    summary: 'Check pipeline definitions without a platform',
    description: 'Prints everything that is wrong or doubtful, with its place, and exits 2 where a definition has an error.\n'
      + 'Imported files are checked with the definition that imports them; of a pattern\'s matches they are no definitions of their own.\n'
      + 'docs/pipeline-language.md explains each finding by its code.',
    args: [{ name: 'FILE', help: 'further definitions', optional: true, many: true, complete: 'file' }],
    options: {
      pipeline: texts('-p, --pipeline <file>', 'definition, a pattern such as `pipelines/**/*.yaml`, or `-` for standard input; may be repeated', { complete: 'file' }),
      files: partsFlag(),
      set: assignments('--set <name=value>', 'check with this value of a parameter or variable; may be repeated'),
      strict: flag('--strict', 'take warnings for errors'),
      schema: flag('--schema', 'print the JSON Schema of definitions, for editors, and check nothing'),
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

export const graph: Verb = {
  name: 'graph',
  summary: 'Draw which operator of a definition waits for which',
  commands: [command({
    verb: 'graph',
    summary: 'Draw which operator of a definition waits for which',
    description: 'Needs no platform. Of a registered pipeline: `clara describe pipeline --graph`.',
    options: { pipeline: definition, files: partsFlag(), set, output: choice('-o, --output <form>', 'form of the drawing', graphFormats, 'ascii') },
    examples: [
      ['clara graph -p main.yaml', 'in the terminal'],
      ['clara graph -p main.yaml -o svg > graph.svg', 'as a picture'],
      ['clara graph -p main.yaml -o dot | dot -Tpdf > graph.pdf', 'for Graphviz'],
    ],
    load: () => import('../commands/graph.ts').then((module) => module.drawGraph),
  })],
};

export const compile: Verb = {
  name: 'compile',
  summary: 'Write a definition as one document',
  commands: [command({
    verb: 'compile',
    summary: 'Write a definition as one document',
    description: 'Exits with 2 where the definition is not valid, as `clara validate` shows it. Placeholders stay, except those that --set gives a value.',
    options: {
      pipeline: definition, files: partsFlag(),
      resolve: flag('--resolve-imports', 'put imported files in the place of their imports'),
      set: assignments('--set <name=value>', 'fill in this value of a parameter, or replace that of a variable; may be repeated'),
      output: text('-o, --output <file>', 'file to write instead of standard output', { complete: 'file' }),
    },
    examples: [
      ['clara compile -p main.yaml --resolve-imports -o resolved.yaml', 'one file of many'],
      ['clara compile -p main.yaml --resolve-imports --set threshold=300', 'with a value filled in'],
    ],
    load: () => import('../commands/compile.ts').then((module) => module.compilePipeline),
  })],
};

const name = { name: 'NAME', help: 'its name, and that of the folder which is made for it', complete: 'none' } as const;

export const init: Verb = {
  name: 'init',
  summary: 'Begin a pipeline, an operator or a plugin that runs',
  commands: [
    command({
      verb: 'init',
      noun: 'pipeline',
      summary: 'Make a folder with a pipeline to begin with',
      args: [name],
      options: {},
      examples: [['clara init pipeline lung-nodules', 'then `clara run -p lung-nodules/pipeline.yaml -f INPUT`']],
      load: () => import('../commands/init.ts').then((module) => module.initFrom('pipeline')),
    }),
    command({
      verb: 'init',
      noun: 'operator',
      summary: 'Make a folder with an operator to begin with, and a pipeline that tries it',
      args: [name],
      options: {},
      examples: [['clara init operator smooth', 'then `clara run -p smooth/try.yaml -f INPUT`']],
      load: () => import('../commands/init.ts').then((module) => module.initFrom('operator')),
    }),
    command({
      verb: 'init',
      noun: 'plugin',
      summary: 'Make a folder with a plugin to begin with',
      description: 'It says hello, counts jobs, answers --help and completes its words; docs/plugins.md explains the rest.',
      args: [{ ...name, help: 'what is typed after `clara`, and the name of the folder which is made' }],
      options: { language: choice('-l, --language <name>', 'what it is written in', { bash: 'bash', typescript: 'typescript' } as const, 'bash') },
      examples: [
        ['clara init plugin hello', 'then `clara plugin install hello/clara-hello` and `clara hello`'],
        ['clara init plugin hello -l typescript', 'then `(cd hello && npm install) && clara plugin install hello/`'],
      ],
      load: () => import('../commands/init.ts').then((module) => module.initPlugin),
    }),
  ],
};
