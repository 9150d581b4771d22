import { command, type Verb } from '../program/declare.ts';
import { output, quiet } from '../program/options.ts';

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
