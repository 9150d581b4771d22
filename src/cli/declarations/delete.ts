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

const jobs = command({
  verb: 'delete',
  noun: 'jobs',
  summary: 'Delete jobs with their files and logs; there is no way back',
  description: 'A job can be deleted once it has stopped. `clara delete payloads` deletes its files only. A platform that is not ours keeps its record of the job.',
  args: [idArguments('job')],
  options: results,
  examples: [['clara delete jobs 2f4a', 'one job'], ['clara list jobs --completed-before 30d -q | xargs -r clara delete jobs', 'all that ended a month ago or earlier']],
  load: () => import('../commands/job/delete.ts').then((module) => module.deleteJobs),
});

export const remove: Verb = {
  name: 'delete',
  summary: 'Delete jobs, pipelines, payloads or models',
  commands: [jobs, pipelines, payloads, models],
};
