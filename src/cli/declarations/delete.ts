import { command, type Verb } from '../../terminal/program/declare.ts';
import { output, quiet } from '../../terminal/program/options.ts';
import { idArguments } from './parts.ts';

const results = { output: output(['json', 'yaml', 'name']), quiet: quiet() };

const pipelines = command({
  verb: 'delete',
  noun: 'pipelines',
  summary: 'Remove pipelines; jobs that are done keep what they need',
  args: [idArguments('pipeline')],
  options: results,
  examples: [['clara delete pipelines 8506 91c2', 'two of them']],
  load: () => import('../commands/pipeline/delete.ts').then((module) => module.deletePipelines),
});

const payloads = command({
  verb: 'delete',
  noun: 'payloads',
  summary: 'Delete payloads and all their files; there is no way back',
  description: 'The payload of a job can be deleted once the job has stopped.',
  args: [idArguments('payload')],
  options: results,
  examples: [['clara delete payloads 77ab', 'one payload'], ['clara list payloads --completed-before 30d -q | xargs -r clara delete payloads', 'those of old jobs']],
  load: () => import('../commands/payload/delete.ts').then((module) => module.deletePayloads),
});

const models = command({
  verb: 'delete',
  noun: 'models',
  summary: 'Delete models from the model repository',
  args: [idArguments('model')],
  options: results,
  examples: [['clara delete models 41d0 9e', 'by the first digits of their ids']],
  load: () => import('../commands/model/delete.ts').then((module) => module.deleteModels),
});

/** The platform keeps jobs as its record of what ran: the API has no call that removes one, so we say so instead of pretending. */
const jobs = command({
  verb: 'delete',
  noun: 'jobs',
  summary: 'Not possible: the platform keeps its record of jobs',
  args: [{ ...idArguments('job'), optional: true }],
  options: {},
  examples: [['clara delete payloads 77ab', 'what can be deleted: the files of a job']],
  hidden: true,
  load: () => import('../commands/job/delete.ts').then((module) => module.deleteJobs),
});

export const remove: Verb = {
  name: 'delete',
  summary: 'Delete pipelines, payloads or models',
  commands: [pipelines, payloads, models, jobs],
};
