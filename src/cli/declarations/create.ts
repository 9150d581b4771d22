import { command, type Verb } from '../../terminal/program/declare.ts';
import { choice, flag, output, quiet, requiredText, text, texts, wait } from '../../terminal/program/options.ts';
import { metadataFlag, modelTypes, partsFlag, priorities, setFlag } from './parts.ts';

const job = command({
  verb: 'create',
  noun: 'job',
  summary: 'Create a job for a pipeline, with the payload that holds its files',
  description: 'Prints JOB_ID and PAYLOAD_ID. The job waits until it is started: with --start once its files are uploaded, or later by `clara start job`.',
  options: {
    name: requiredText('-n, --name <name>', 'name of the job', { complete: 'none' }),
    pipeline: requiredText('-p, --pipeline <PIPELINE_ID>', 'pipeline to run, or the first digits of its id', { complete: 'pipeline' }),
    files: texts('-f, --files <path>', 'file or folder to upload to the job\'s input; may be repeated', { complete: 'file' }),
    priority: choice('-i, --priority <priority>', 'place in the queue', priorities, 'normal'),
    start: flag('-s, --start', 'start the job once it is created and its files are uploaded'),
    payloads: texts('--input-payload <PAYLOAD_ID>', 'reusable payload whose files are copied to the job\'s input; may be repeated', { complete: 'payload' }),
    set: setFlag(),
    metadata: metadataFlag('job'),
    wait: wait('with --start: wait until the job ends; exit 6 if it does not succeed, 3 when the time is over'),
    output: output(['json', 'yaml', 'name']),
    quiet: quiet(),
  },
  examples: [
    ['clara create job -n head -p 8506 -f ct-head/', 'upload a folder; start the job later'],
    ['clara create job -n head -p 8506 -f ct-head/ --start --wait=10m', 'run it and wait for the end'],
    ['JOB=$(clara create job -n head -p 8506 -q)', 'keep the id for a script'],
  ],
  load: () => import('../commands/job/create.ts').then((module) => module.createJob),
});

const pipelines = command({
  verb: 'create',
  noun: 'pipelines',
  summary: 'Register a pipeline definition',
  description: 'Prints PIPELINE_ID. Files that the definition imports go with it where they lie in the folder of the main file or below; others are named by -f.',
  options: {
    path: texts('-p, --path <file>', 'definition (YAML), `-` for standard input; may be repeated, the main file first', { complete: 'file', required: true }),
    files: partsFlag(),
    id: text('--id <PIPELINE_ID>', 'register it under this id (32 hexadecimal digits) instead of a new one', { complete: 'none' }),
    metadata: metadataFlag('pipeline'),
    output: output(['json', 'yaml', 'name']),
    quiet: quiet(),
  },
  examples: [
    ['clara create pipelines -p ct-threshold.yaml', 'one file'],
    ['clara create pipelines -p main.yaml -f ../parts/', 'a definition that imports files from elsewhere'],
    ['render.sh | clara create pipelines -p -', 'a definition that a script writes'],
  ],
  load: () => import('../commands/pipeline/create.ts').then((module) => module.createPipeline),
});

const payload = command({
  verb: 'create',
  noun: 'payload',
  summary: 'Create a reusable payload, for files that many jobs use',
  description: 'Prints PAYLOAD_ID. `clara list payloads` shows it, too.',
  options: { metadata: metadataFlag('payload'), output: output(['json', 'yaml', 'name']), quiet: quiet() },
  examples: [
    ['clara create payload', 'then `clara upload`, then `clara create job --input-payload`'],
    ['clara create payload --metadata study=phantom', 'with a note on what it holds'],
  ],
  load: () => import('../commands/payload/create.ts').then((module) => module.createPayload),
});

const model = command({
  verb: 'create',
  noun: 'model',
  summary: 'Upload a model to the platform\'s model repository',
  description: 'The folder follows the layout of the Triton inference server: config.pbtxt and numbered version folders. The model is named after the folder; one of the same name is replaced.',
  options: {
    path: requiredText('-p, --path <folder>', 'folder of the model', { complete: 'folder' }),
    type: choice('-t, --type <type>', 'framework of the model', modelTypes, 'unknown'),
    raw: flag('-r, --raw', 'print the id only'),
    name: text('-n, --name <name>', 'name of the model instead of the folder\'s', { complete: 'none' }),
    metadata: metadataFlag('model'),
    output: output(['json', 'yaml', 'name']),
    quiet: quiet(),
  },
  examples: [['clara create model -p segmentation_liver -t tensorflow', 'the folder segmentation_liver']],
  load: () => import('../commands/model/create.ts').then((module) => module.createModel),
});

export const create: Verb = {
  name: 'create',
  summary: 'Create a job, a pipeline, a payload or a model',
  commands: [job, pipelines, payload, model],
};
