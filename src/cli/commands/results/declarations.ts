import { command, type Verb } from '../../../terminal/program/declare.ts';
import { choice, integer, output, quiet, text } from '../../../terminal/program/options.ts';

const service = text('--service <host>', 'Results Service to ask: host or host:port (default: that of the platform)', { complete: 'none' });
const file = text('-f, --file <config>', 'accepted, and not used', { complete: 'file' });
const states = { pending: 'Pending', inprogress: 'InProgress', succeeded: 'Succeeded', failed: 'Failed' } as const;

const taskId = { name: 'TASK_ID', help: 'id of the task, or its first digits', complete: 'none' } as const;

const list = command({
  verb: 'results',
  noun: 'list',
  summary: 'List tasks: results that wait for an exporter, or were delivered',
  description: 'Newest first. Looking changes nothing: a task is taken by its exporter only.',
  options: {
    agent: text('-a, --agent <name>', 'only tasks of this exporter', { complete: 'none' }),
    state: choice('--state <state>', 'only tasks in this state', states),
    limit: integer('--limit <count>', 'no more than so many, the newest', 1, 1_000_000_000),
    service, output: output(), quiet: quiet(),
  },
  examples: [
    ['clara results list', 'what was registered, and what became of it'],
    ['clara results list --agent ClaraSCU --state failed -o wide', 'what the PACS did not take'],
    ['clara results list --state failed -q | xargs -r clara results retry', 'try all of it again'],
  ],
  load: () => import('./list.ts').then((module) => module.listResults),
});

const describe = command({
  verb: 'results',
  noun: 'describe',
  summary: 'Show a task with its files',
  args: [taskId],
  options: { service, output: output(['json', 'yaml', 'name']) },
  examples: [['clara results describe 0a12', 'by the first digits of its id'], ['clara results describe 0a12 -o json | jq -r ".uris[]"', 'names of its files']],
  load: () => import('./describe.ts').then((module) => module.describeResult),
});

const retry = command({
  verb: 'results',
  noun: 'retry',
  summary: 'Let tasks wait again as if they were new, whatever became of them',
  description: 'For a task that has failed once its destination is back, for one whose exporter has died, or to deliver once more.',
  args: [{ ...taskId, help: 'ids of tasks, or their first digits', many: true }],
  options: { service, output: output(['json', 'yaml', 'name']), quiet: quiet() },
  examples: [['clara results retry 0a12', 'its exporter gets it again']],
  load: () => import('./retry.ts').then((module) => module.retryResults),
});

/** Commands of the first releases. */
const legacy = [
  command({
    verb: 'results', noun: 'start', summary: 'Say that the service is part of the platform', options: { file, service }, hidden: true,
    examples: [['clara results start', 'as scripts for early releases do']], load: () => import('./legacy.ts').then((module) => module.startResults),
  }),
  command({
    verb: 'results', noun: 'restart', summary: 'Say that the service is part of the platform', options: { file, service }, hidden: true,
    examples: [['clara results restart', 'as scripts for early releases do']], load: () => import('./legacy.ts').then((module) => module.startResults),
  }),
  command({
    verb: 'results', noun: 'stop', summary: 'Say that the service is part of the platform', options: { file }, hidden: true,
    examples: [['clara results stop', 'as scripts for early releases do']], load: () => import('./legacy.ts').then((module) => module.stopResults),
  }),
];

export const results: Verb = {
  name: 'results',
  summary: 'List, describe or retry what exporters are to deliver',
  isTopic: true,
  commands: [list, describe, retry, ...legacy],
};
