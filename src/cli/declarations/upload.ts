import { command, type Verb } from '../program/declare.ts';
import { flag, output, quiet } from '../program/options.ts';

export const upload: Verb = {
  name: 'upload',
  summary: 'Upload files to a job or a payload',
  commands: [command({
    verb: 'upload',
    summary: 'Upload files to a job or a payload',
    description: 'Files of a job go to its /input, and only until it is started. A file keeps its bare name, a folder gives its content with the names relative to it. '
      + 'Links are followed. What is stored under a name already is replaced, each file as a whole.\n'
      + 'GRPC_PARALLEL_STREAMS (8) and GRPC_CHUNK_SIZE (1 MiB) tune the transfer.',
    args: [
      { name: 'ID[:FOLDER]', help: 'job or payload, or the first digits of its id, and a folder in it', complete: 'job' },
      { name: 'PATH', help: 'file or folder', many: true, complete: 'file' },
    ],
    options: {
      resume: flag('--resume', 'leave out files that are stored already with the same name and size; a change that kept the size is not seen'),
      output: output(['json', 'yaml', 'name']),
      quiet: quiet(),
    },
    examples: [
      ['clara upload 2f4a ct-head/', 'the content of a folder'],
      ['clara upload 2f4a:prior study/*.dcm', 'into a folder of the job\'s input'],
      ['clara upload 2f4a ct-head/ --resume', 'go on after an interruption'],
    ],
    load: () => import('../commands/upload.ts').then((module) => module.uploadFiles),
  })],
};
