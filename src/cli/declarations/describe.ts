import { command, type Verb } from '../../terminal/program/declare.ts';
import { choice, flag, output, watch } from '../../terminal/program/options.ts';
import { graphFormats, idArgument, idFlag } from './parts.ts';

const job = command({
  verb: 'describe',
  noun: 'job',
  summary: 'Show a job: ids, priority, status, state, times, operators',
  description: 'Lines 0 to 9 stay where they are: name, job, pipeline, payload, priority, status, state, created, started, stopped. Operators follow.',
  args: [idArgument('job')],
  options: { job: idFlag('j', 'job'), watch: watch('show it again whenever it changes, until it stops'), output: output(['json', 'yaml', 'name']) },
  examples: [
    ['clara describe job -j 2f4a', 'by the first digits of its id'],
    ['clara describe job -j 2f4a -o json | jq -r .state', 'JOB_STATE_STOPPED, for a script'],
  ],
  load: () => import('../commands/job/describe.ts').then((module) => module.describeJob),
});

const pipeline = command({
  verb: 'describe',
  noun: 'pipeline',
  summary: 'Show a pipeline and its definition',
  args: [idArgument('pipeline')],
  options: {
    pipeline: idFlag('p', 'pipeline'),
    raw: flag('-r, --raw', 'the definition only, as it was registered'),
    graph: choice('--graph <form>', 'its graph instead', graphFormats),
    output: output(['json', 'yaml', 'name']),
  },
  examples: [
    ['clara describe pipeline -p 8506', 'name, id and definition'],
    ['clara describe pipeline -p 8506 --raw > copy.yaml', 'get the definition back'],
    ['clara describe pipeline -p 8506 --graph svg > graph.svg', 'a picture of it'],
  ],
  load: () => import('../commands/pipeline/describe.ts').then((module) => module.describePipeline),
});

const payload = command({
  verb: 'describe',
  noun: 'payload',
  summary: 'Show a payload and its files',
  description: 'The id may be that of a job: then its payload is shown.',
  args: [{ name: 'PAYLOAD_ID', help: 'id of the payload or of its job, or its first digits', complete: 'payload' }],
  options: { output: output(['json', 'yaml', 'name']) },
  examples: [['clara describe payload 77ab', 'files with their sizes'], ['clara describe payload 77ab -o json | jq -r ".files[].name"', 'names only']],
  load: () => import('../commands/payload/describe.ts').then((module) => module.describePayload),
});

const model = command({
  verb: 'describe',
  noun: 'model',
  summary: 'Show a model of the model repository',
  args: [{ name: 'MODEL_ID', help: 'id of the model, or its first digits', complete: 'model' }],
  options: { output: output(['json', 'yaml', 'name']) },
  examples: [['clara describe model 41d0', 'name, id, type and metadata']],
  load: () => import('../commands/model/describe.ts').then((module) => module.describeModel),
});

export const describe: Verb = {
  name: 'describe',
  summary: 'Show one job, pipeline, payload or model in detail',
  commands: [job, pipeline, payload, model],
};
