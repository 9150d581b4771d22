import { command, type Verb } from '../../terminal/program/declare.ts';
import { assignments, flag, output, text, texts } from '../../terminal/program/options.ts';

export const listStages: Verb = {
  name: 'list_stages',
  aliases: ['list', 'ls'],
  summary: 'List available stages',
  commands: [command({
    verb: 'list_stages',
    summary: 'List available stages',
    description: 'One name a line, in the order of the alphabet.',
    options: { output: output() },
    examples: [
      ['clara-wf ls', 'the names'],
      ['clara-wf ls -o wide', 'with images, and the workflows that use them'],
      ['clara-wf ls -o json', 'the same for programs'],
    ],
    load: () => import('../commands/list-stages.ts').then((module) => module.listStages),
  })],
};

export const createStage: Verb = {
  name: 'create_stage',
  aliases: ['create', 'cs'],
  summary: 'Create stage',
  commands: [command({
    verb: 'create_stage',
    summary: 'Create stage',
    description: 'Copies templates/stages/template to a folder of the stage\'s name and adds a block of default values to values.yaml; every other byte of the file stays.',
    args: [{ name: 'STAGE_NAME', help: 'lower-case letters, digits and dashes', complete: 'none' }],
    options: {
      image: text('--image <image>', 'repository[:tag] of its container (default: the name of the stage)', { complete: 'none' }),
      command: texts('--command <word>', 'what the container runs, instead of the command of the image; repeat it for each word', { complete: 'none' }),
      build: text('--build <context>', 'build the image for each test: CONTEXT[:DOCKERFILE]; ${clara} stands for the folder that clara is installed in', { complete: 'folder' }),
      buildArg: assignments('--build-arg <name=value>', 'build argument; may be repeated'),
    },
    examples: [
      ['clara-wf cs dicom-reader', 'with the defaults, to be edited in values.yaml'],
      ['clara-wf cs smooth --image registry.local/smooth:2 --command /opt/smooth --command --fast', 'with an image and a command'],
      ['clara-wf cs recon --build ../recon:../recon/Dockerfile', 'with an image that tests build'],
      ["clara-wf cs dicom-reader --build '${clara}/dist:${clara}/templates/operators/Dockerfile' --build-arg OPERATOR=dicom-reader", "clara's own operator"],
    ],
    load: () => import('../commands/create-stage.ts').then((module) => module.createStage),
  })],
};

export const deleteStage: Verb = {
  name: 'delete_stage',
  aliases: ['delete', 'ds'],
  summary: 'Delete stage',
  commands: [command({
    verb: 'delete_stage',
    summary: 'Delete stage',
    description: 'Takes away the folder of the stage and its block in values.yaml, marks included. Workflows and test data stay as they are.',
    args: [{ name: 'STAGE_NAME', help: 'one of `clara-wf ls`', complete: 'stage' }],
    options: {
      force: flag('--force', 'even if a workflow lists the stage, or folder and block are not both there'),
      yes: flag('-y, --yes', 'do not ask'),
    },
    examples: [['clara-wf ds dicom-reader', 'asks first'], ['clara-wf ds dicom-reader --force -y', 'never asks, and leaves workflows without it']],
    load: () => import('../commands/delete-stage.ts').then((module) => module.deleteStage),
  })],
};
