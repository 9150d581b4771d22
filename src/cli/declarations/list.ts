import { command, type Verb } from '../../terminal/program/declare.ts';
import { choices, integer, output, quiet, text, texts, time, watch } from '../../terminal/program/options.ts';
import { states, statuses } from './parts.ts';

const pipelines = command({
  verb: 'list',
  noun: 'pipelines',
  summary: 'List the registered pipelines',
  options: { output: output(), quiet: quiet() },
  examples: [['clara list pipelines', 'names and ids'], ['clara list pipelines -o json', 'for a script']],
  load: () => import('../commands/pipeline/list.ts').then((module) => module.listPipelines),
});

/** Filters that `list payloads` shares: a payload is found through its job. */
const jobFilters = {
  state: choices('--state <state>', 'only jobs in this state', states),
  status: choices('--status <status>', 'only jobs with this status', statuses),
  pipeline: texts('-p, --pipeline <PIPELINE_ID>', 'only jobs of this pipeline; may be repeated', { complete: 'pipeline' }),
  createdAfter: time('--created-after <time>', 'only jobs created after it: ISO 8601, or 2h for two hours ago'),
  completedBefore: time('--completed-before <time>', 'only jobs that stopped before it: ISO 8601, or 2h for two hours ago'),
  name: text('-n, --name <pattern>', 'only jobs whose name matches, with * and ?', { complete: 'none' }),
  limit: integer('--limit <count>', 'no more than so many, the newest', 1, 1_000_000_000),
};

const jobs = command({
  verb: 'list',
  noun: 'jobs',
  summary: 'List jobs, newest first',
  description: 'Filters combine: a job is listed when it passes all of them.',
  options: { ...jobFilters, watch: watch('go on and print a job again whenever it changes'), output: output(), quiet: quiet() },
  examples: [
    ['clara list jobs --state pending,running', 'what is not done yet'],
    ['clara list jobs --status faulted --created-after 1d -o wide', 'what failed since yesterday'],
    ['clara list jobs --name "head-*" -q', 'ids for a script'],
    ['clara list jobs --watch', 'follow what happens'],
  ],
  load: () => import('../commands/job/list.ts').then((module) => module.listJobs),
});

const payloads = command({
  verb: 'list',
  noun: 'payloads',
  summary: 'List payloads: those of jobs, newest first, then reusable ones',
  description: 'The filters are about jobs: with one, only payloads of jobs are listed. A platform that is not ours tells of those only.',
  options: { ...jobFilters, output: output(), quiet: quiet() },
  examples: [
    ['clara list payloads', 'payloads and their jobs'],
    ['clara list payloads --completed-before 30d -q | xargs -r clara delete payloads', 'free the space of old jobs'],
  ],
  load: () => import('../commands/payload/list.ts').then((module) => module.listPayloads),
});

const models = command({
  verb: 'list',
  noun: 'models',
  summary: 'List the models of the model repository',
  options: { output: output(), quiet: quiet() },
  examples: [['clara list models', 'names, ids and types'], ['clara list models --quiet', 'ids only']],
  load: () => import('../commands/model/list.ts').then((module) => module.listModels),
});

export const list: Verb = {
  name: 'list',
  summary: 'List jobs, pipelines, payloads or models',
  commands: [jobs, pipelines, payloads, models],
};
