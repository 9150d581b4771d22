import { command, type Verb } from '../../terminal/program/declare.ts';
import { flag, output, text, texts } from '../../terminal/program/options.ts';

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

export const init: Verb = {
  name: 'init',
  summary: 'Create workflow project',
  commands: [command({
    verb: 'init',
    summary: 'Create workflow project',
    description: 'Lays out the reference workflow: its charts, the stage ai-vnet, and a volume to test it with. Prints the files.',
    args: [{ name: 'DIR', help: 'a folder that is missing or empty (default: the current one)', optional: true, complete: 'folder' }],
    options: { base: text('--base <image>', 'image with Node.js that the stage\'s own image is built on (default: node:20-slim)', { complete: 'none' }) },
    examples: [
      ['clara-wf init my-workflows', 'in a new folder'],
      ['clara-wf init my-workflows --base node-base:local', 'where no registry can be reached'],
    ],
    load: () => import('../commands/init.ts').then((module) => module.initProject),
  })],
};

export const createWorkflow: Verb = {
  name: 'create_workflow',
  aliases: ['cw'],
  summary: 'Create workflow',
  commands: [command({
    verb: 'create_workflow',
    summary: 'Create workflow',
    description: 'Adds an entry to `workflows` in values.yaml: each stage waits for the lock of the one before it and reads what that one wrote.',
    args: [
      { name: 'WORKFLOW_ID', help: 'letters, digits, dashes, dots and underscores; a GUID does, too', complete: 'none' },
      { name: 'STAGE_NAME', help: 'the stages in the order of the data', many: true, complete: 'stage' },
    ],
    options: { arg: texts('--arg <stage=argument>', 'argument of the container of a stage; may be repeated', { complete: 'none' }) },
    examples: [
      ['clara-wf cw dicom-ai dicom-reader ai-vnet', 'two stages'],
      ['clara-wf cw bone ai-vnet --arg ai-vnet=--lower --arg ai-vnet=350', 'one, with arguments'],
    ],
    load: () => import('../commands/create-workflow.ts').then((module) => module.createWorkflow),
  })],
};

export const lint: Verb = {
  name: 'lint',
  summary: 'Check workflows and stages',
  commands: [command({
    verb: 'lint',
    summary: 'Check workflows and stages',
    description: 'Reports lists of unequal length, unknown stages, missing locks, marks that are missing or doubled, blocks without a folder and folders without a block, with line and column. Exit code 2 where there is an error.',
    args: [{ name: 'WORKFLOW_ID', help: 'check only what this one needs; a stage that does not exist is an error then', optional: true, complete: 'workflow' }],
    options: { strict: flag('--strict', 'a warning is an error'), output: output(['json', 'yaml']) },
    examples: [['clara-wf lint', 'everything'], ['clara-wf lint ai-only', 'what `clara-wf test ai-only` checks before it runs'], ['clara-wf lint -o json', 'for programs']],
    load: () => import('../commands/lint.ts').then((module) => module.lint),
  })],
};
