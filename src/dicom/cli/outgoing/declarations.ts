import { command, type Verb } from '../../../terminal/program/declare.ts';
import { output, text } from '../../../terminal/program/options.ts';
import { credentialFlags } from './credential-flags.ts';

const rest = text('--rest <host:port>', 'REST API of an adapter elsewhere (default: that of this machine)');

const echo = command({
  verb: 'echo',
  summary: 'Ask a destination for a sign of life, from the adapter',
  description: 'With C-ECHO, or by DICOMweb with a search for one study. Says how long the answer took, or why there is none; ends with 3 where nobody answers, with 1 where we are turned away.',
  args: [{ name: 'DEST', help: 'name of the destination', complete: 'none' }],
  options: { rest, output: output(['json', 'yaml']) },
  examples: [['clara dicom echo MYPACS', 'whether results would arrive'], ['clara dicom echo MYPACS -o json', 'for scripts']],
  load: () => import('./echo.ts').then((module) => module.echo),
});

const send = command({
  verb: 'send',
  summary: 'Send DICOM files of this machine to a destination',
  description: 'Files go straight to the receiver, as they are; where it does not take their transfer syntax they are converted, or decoded, to one that it takes. To a destination with a URL they go by DICOMweb. '
    + 'The adapter is asked only for the address of a destination that is named; AE@HOST:PORT and a URL need no adapter. In folders, what is no DICOM is passed over.',
  args: [{ name: 'DEST', help: 'name of a destination, or AE@HOST:PORT, or the URL of a DICOMweb server', complete: 'none' }, { name: 'FILE', help: 'files, and folders with all that is below', many: true, complete: 'file' }],
  options: { aeTitle: text('-a, --aetitle <title>', 'what we call ourselves (default: as the adapter does, or ClaraSCU)'), ...credentialFlags, rest, output: output(['json', 'yaml']) },
  examples: [
    ['clara dicom send MYPACS study/', 'all of a folder'], ['clara dicom send my-ae-title@127.0.0.1:104 -a DCM4CHEE study/', 'to the adapter itself, as a scanner would'],
    ['clara dicom send https://pacs.example/dicom-web --token-file token ct.dcm', 'by DICOMweb'], ['clara dicom send MYPACS study/ -o json | jq ".[] | select(.sent | not)"', 'what was not taken'],
  ],
  load: () => import('./send.ts').then((module) => module.send),
});

/** What goes out. */
export const outgoing: readonly Verb[] = [echo, send].map((declared) => ({ name: declared.verb, summary: declared.summary, commands: [declared] }));
