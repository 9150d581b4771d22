import { command, type Verb } from '../../terminal/program/declare.ts';
import { running } from './running.ts';
import { createStage, deleteStage, listStages } from './stages.ts';
import { createWorkflow, init, lint, listWorkflows } from './workflows.ts';

/** What is behind `--version`. */
export const version = command({
  verb: 'version',
  summary: 'Print the version of this program',
  options: {},
  examples: [['clara-wf --version', 'as `clara version`']],
  load: () => import('../commands/version.ts').then((module) => module.printVersion),
});

/** Asked by the shell's completion, through `clara`. */
const complete: Verb = {
  name: '__complete',
  summary: 'Print what the last word may become',
  hidden: true,
  commands: [command({
    verb: '__complete',
    summary: 'Print what the last word may become',
    args: [{ name: 'WORD', help: 'the words after the name of the program', optional: true, many: true }],
    options: {},
    examples: [['clara-wf __complete -- cs ""', 'what may follow `cs`']],
    load: () => import('../commands/complete.ts').then((module) => module.printCandidates(verbs)),
  })],
};

/** Every command, in the order of the help. */
export const verbs: readonly Verb[] = [listStages, createStage, deleteStage, ...running, init, createWorkflow, listWorkflows, lint, complete];
