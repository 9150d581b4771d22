import { command, type Verb } from '../../terminal/program/declare.ts';
import { flag, output, quiet } from '../../terminal/program/options.ts';

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

export const download: Verb = {
  name: 'download',
  summary: 'Download files of a job or a payload',
  commands: [command({
    verb: 'download',
    summary: 'Download files of a job or a payload',
    description: 'PATH is a file, a folder, or a pattern: `*` and `?` and `[…]` within a name, `**` across folders; quote it, so that the shell leaves it alone. '
      + 'What it matches goes into the folder DESTINATION, which is made; sub-folders below the last folder without a wildcard are kept. '
      + 'A single file may be given a path of its own, or `-` for standard output.\n'
      + 'A file appears under its name when it is whole; an existing one is replaced. Case counts, unless nothing matches with it.',
    args: [
      { name: 'ID:PATH', help: 'job or payload, or the first digits of its id, and what to download', complete: 'job-path' },
      { name: 'DESTINATION', help: 'folder (the current one), file, or -', optional: true, complete: 'folder' },
    ],
    options: { output: output(['json', 'yaml', 'name']), quiet: quiet() },
    examples: [
      ["clara download '2f4a:/operators/reader/*' results/", 'what an operator made'],
      ["clara download '2f4a:/operators/**/*.csv' results/", 'all tables, in folders by operator'],
      ['clara download 2f4a:/operators/preview/montage.png preview.png', 'one file, under another name'],
      ['clara download 2f4a:/operators/report/report.json - | jq', 'to standard output'],
    ],
    load: () => import('../commands/download.ts').then((module) => module.downloadFiles),
  })],
};
