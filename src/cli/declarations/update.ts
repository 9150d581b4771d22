import { command, type Verb } from '../../terminal/program/declare.ts';
import { output, quiet, texts } from '../../terminal/program/options.ts';
import { metadataChanges, partsFlag } from './parts.ts';

const results = { output: output(['json', 'yaml', 'name']), quiet: quiet() };

const pipeline = command({
  verb: 'update',
  noun: 'pipeline',
  summary: 'Replace the definition of a pipeline, or change its metadata',
  description: 'The id stays. Jobs that exist already keep the definition that they were created with.',
  args: [{ name: 'PIPELINE_ID', help: 'id of the pipeline, or its first digits', complete: 'pipeline' }],
  options: {
    path: texts('-p, --path <file>', 'new definition (YAML), `-` for standard input; may be repeated, the main file first', { complete: 'file' }),
    files: partsFlag(),
    ...metadataChanges,
    ...results,
  },
  examples: [
    ['clara update pipeline 8506 -p ct-threshold.yaml', 'a new definition'],
    ['clara update pipeline 8506 --metadata owner=radiology', 'a note on it'],
  ],
  load: () => import('../commands/pipeline/update.ts').then((module) => module.updatePipeline),
});

const job = command({
  verb: 'update',
  noun: 'job',
  summary: 'Change the metadata of a job',
  args: [{ name: 'JOB_ID', help: 'id of the job, or its first digits', complete: 'job' }],
  options: { ...metadataChanges, ...results },
  examples: [['clara update job 2f4a --metadata reviewed=yes --remove-metadata draft', 'add one, remove one']],
  load: () => import('../commands/metadata.ts').then((module) => module.updateMetadataOf('job')),
});

const payload = command({
  verb: 'update',
  noun: 'payload',
  summary: 'Change the metadata of a reusable payload',
  args: [{ name: 'PAYLOAD_ID', help: 'id of the payload, or its first digits', complete: 'payload' }],
  options: { ...metadataChanges, ...results },
  examples: [['clara update payload 77ab --metadata study=phantom', 'what it holds']],
  load: () => import('../commands/metadata.ts').then((module) => module.updateMetadataOf('payload')),
});

const model = command({
  verb: 'update',
  noun: 'model',
  summary: 'Change the metadata of a model',
  args: [{ name: 'MODEL_ID', help: 'id of the model, or its first digits', complete: 'model' }],
  options: { ...metadataChanges, ...results },
  examples: [['clara update model 41d0 --metadata trained=2026-03', 'when it was trained']],
  load: () => import('../commands/metadata.ts').then((module) => module.updateMetadataOf('model')),
});

export const update: Verb = {
  name: 'update',
  summary: 'Replace a pipeline\'s definition, or change metadata',
  commands: [pipeline, job, payload, model],
};
