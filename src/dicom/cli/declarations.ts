import { command, type Command, type Verb } from '../../terminal/program/declare.ts';
import { type Program } from '../../terminal/program/help.ts';
import { flag, integer, output, requiredText, text, texts, watch, type OptionSpec } from '../../terminal/program/options.ts';
import { credentialFlags } from './outgoing/credential-flags.ts';
import { outgoing } from './outgoing/declarations.ts';

export const program: Program = {
  name: 'clara dicom',
  usage: '<command> [type] [flags]',
  intro: 'Receives studies from scanners and turns them into jobs: starts and stops the DICOM adapter of this machine, and says who may send and what runs.',
  footer: ['Types: aetitle (what senders call), src (who may send), dest (where results go).', '`clara dicom <command> --help` says more. Its settings file is below ~/.clara/charts/dicom-adapter/files.'],
};

/** Scripts for the original pass it to all of them. */
const yes = flag('-y, --yes', 'do not ask');
const data = output(['json', 'yaml']);

const server = {
  file: text('-f, --file <path>', 'settings file: dicom-server-config.yaml or appsettings.json of the original (default: that below ~/.clara/charts/dicom-adapter/files)'),
  listen: text('--listen <address>', 'address to take associations at; 0.0.0.0 lets senders on other machines in (default: 127.0.0.1)'),
  port: integer('-p, --port <number>', 'DICOM port; 0 takes any free one (default: that of the settings file, or 104)', 0, 65_535),
  restListen: text('--rest-listen <address>', 'address of the REST API; it asks for no password (default: 127.0.0.1)'),
  restPort: integer('--rest-port <number>', 'port of the REST API; 0 takes any free one (default: 5000)', 0, 65_535),
  tlsCert: text('--tls-cert <file>', 'certificate (PEM): senders then have to use TLS (default: `dicom.scp.tls` of the settings file)'),
  tlsKey: text('--tls-key <file>', 'its private key (PEM)'),
  tlsClientCa: text('--tls-client-ca <file>', 'authority (PEM) that has to have signed the certificates of senders'),
};

export type ServerFlags = { readonly [Key in keyof typeof server]: (typeof server)[Key] extends OptionSpec<infer Value> ? Value : never };

function alone(declared: Command): Verb {
  return { name: declared.verb, summary: declared.summary, commands: [declared] };
}

const start = alone(command({
  verb: 'start',
  summary: 'Start the adapter in the background; does nothing where it runs already',
  description: 'Returns when it takes associations. With --verbose its log tells of every instance, patients by pseudonyms. Jobs go to the platform that --host, CLARA_HOST or config.yaml name, else to that of this machine.',
  options: { yes, ...server, output: data },
  examples: [['clara dicom start', 'at port 104'], ['clara dicom start --port 11112', 'where ports below 1024 are for root'], ['clara dicom start -f dicom-server-config.yaml', 'with settings of your own']],
  load: () => import('./start.ts').then((module) => module.start),
}));

const stop = alone(command({
  verb: 'stop',
  summary: 'Stop the adapter; what it has received is kept',
  description: 'Returns when it is gone. Messages that are arriving get five seconds. The next start goes on with what is not a job yet.',
  options: { yes },
  examples: [['clara dicom stop', 'asks nothing: nothing is lost']],
  load: () => import('./start.ts').then((module) => module.stop),
}));

const restart = alone(command({
  verb: 'restart',
  summary: 'Start the adapter anew, with a changed settings file',
  description: 'Addresses and flags stay as they were; flags change them.',
  options: { yes, ...server, output: data },
  examples: [['clara dicom restart', 'with the settings it had'], ['clara dicom restart --port 11112', 'at another port']],
  load: () => import('./start.ts').then((module) => module.restart),
}));

const status = alone(command({
  verb: 'status',
  summary: 'Show whether the adapter runs, where, and what it is doing',
  description: 'Associations, what waits to become a job and for how long, submissions and exports, and whether the disk has room. Ends with 3 where it does not run.',
  options: { output: output(['wide', 'json', 'yaml']), watch: watch('show it again as it changes, until Ctrl-C') },
  examples: [['clara dicom status', 'for people'], ['clara dicom status --watch', 'while a study arrives'], ['clara dicom status -o json', 'for scripts']],
  load: () => import('./status.ts').then((module) => module.status),
}));

const logs = alone(command({
  verb: 'logs',
  summary: "Print the adapter's log",
  options: {
    follow: flag('-f, --follow', 'wait for more until Ctrl-C'), lines: integer('-n, --lines <number>', 'only the last lines', 0, 1_000_000_000), output: output(['json']),
  },
  examples: [['clara dicom logs -n 20', 'the last 20 lines'], ['clara dicom logs --follow', 'as it is written']],
  load: () => import('./logs.ts').then((module) => module.logs),
}));

/** Where the adapter is, for commands that talk to it. */
const rest = text('--rest <host:port>', 'REST API of an adapter elsewhere (default: that of this machine)');

const explain = alone(command({
  verb: 'explain',
  summary: 'Say what would become of a file, or why there is a job',
  description: 'A file: whether it would be accepted and why not, its group, when that closes, and which jobs it would lead to; nothing is sent. A job: which rule of which AE title, which instances from whom, when its group opened and closed, and why. '
    + 'Jobs are known for a week. What is printed may name patients.',
  args: [{ name: 'FILE|JOB', help: 'a DICOM file; or the first digits of the id of a job or payload, or of a submission that has no job yet (`clara dicom status`), or the name of a job' }],
  options: {
    from: text('--from <ae@ip>', 'sender, for a file (default: any that is let in)'), to: text('--to <ae>', 'AE title that is called, for a file (default: all)'), rest, output: output(['wide', 'json', 'yaml']),
  },
  examples: [['clara dicom explain ct.dcm', 'for every AE title'], ['clara dicom explain ct.dcm --from DCM4CHEE@10.0.0.5 --to my-ae-title', 'as that sender would see it'], ['clara dicom explain 0a12', 'why there is the job 0a12…']],
  load: () => import('./explain.ts').then((module) => module.explain),
}));

const retry = alone(command({
  verb: 'retry',
  summary: 'Begin anew with jobs that could not be submitted and were given up',
  description: 'Their instances are kept until then. Without a name, with all of them. Results that no destination took are another matter: `clara results retry` lets the adapter deliver them again.',
  args: [{ name: 'SUBMISSION', help: 'its first digits, as `clara dicom status` shows them', optional: true, many: true }],
  options: { rest, output: output() },
  examples: [['clara dicom retry', 'once the platform has the pipeline again'], ['clara dicom retry 3f20', 'one of them']],
  load: () => import('./retry.ts').then((module) => module.retry),
}));

const create: Verb = {
  name: 'create',
  summary: 'Say who may send, what runs, and where results go',
  commands: [
    command({
      verb: 'create', noun: 'aetitle',
      summary: 'Make an AE title that senders can call, and say which pipelines run on what it receives',
      description: 'Settings: pipeline-<name>=PIPELINE_ID (one or more), timeout=SECONDS (at least 5), groupBy=TAG, priority=lower|normal|higher|immediate, jobRetryDelay=MS. Takes effect at once.',
      args: [{ name: 'SETTING=VALUE', help: 'pipeline-<name>=PIPELINE_ID and other settings', many: true }],
      options: {
        aeTitle: requiredText('-a, --aetitle <title>', 'what senders call'), name: text('-n, --name <name>', 'how it is listed (default: its title)'),
        overwrite: flag('--overwrite', 'an instance that comes again replaces the first one'), ignore: texts('--ignore-sop-class <uid>', 'SOP class to take and throw away; may be repeated'), rest, output: data,
      },
      examples: [['clara dicom create aetitle -a my-ae-title pipeline-ct=0fcdcdea89c6456fb20abc7379c54ef2', 'one pipeline'], ['clara dicom create aetitle -a CT pipeline-a=0fcd… timeout=30 groupBy=0010,0020', 'one job a patient, half a minute after the last instance']],
      load: () => import('./entities.ts').then((module) => module.createAeTitle),
    }),
    command({
      verb: 'create', noun: 'src',
      summary: 'Let a sender in',
      options: { aeTitle: requiredText('-a, --aetitle <title>', 'what it calls itself'), ip: requiredText('-i, --ip <address>', 'the address that it comes from'), rest, output: data },
      examples: [['clara dicom create src -a DCM4CHEE -i 10.0.0.5', 'from that address only']],
      load: () => import('./entities.ts').then((module) => module.createSource),
    }),
    command({
      verb: 'create', noun: 'dest',
      summary: 'Add a receiver of results',
      options: {
        name: requiredText('-n, --name <name>', 'what pipelines call it'), aeTitle: text('-a, --aetitle <title>', 'its AE title'), ip: text('-i, --ip <address>', 'its host name or address'),
        port: text('-p, --port <number>', 'its port'), url: text('--url <url>', 'instead of those three: a DICOMweb server, which gets results by STOW-RS'), ...credentialFlags, rest, output: data,
      },
      examples: [['clara dicom create dest -n MYPACS -a MYPACS -i 10.0.0.6 -p 1004', 'a PACS'], ['clara dicom create dest -n CLOUD --url https://pacs.example/dicom-web --token-file token', 'by DICOMweb; the adapter keeps the token sealed']],
      load: () => import('./entities.ts').then((module) => module.createDestination),
    }),
  ],
};

const nouns = [['aetitle', 'AE titles', 'AE title'], ['src', 'senders', 'sender'], ['dest', 'receivers of results', 'receiver of results']] as const;
const nameArgument = { name: 'NAME', help: 'its name, or AE title' };

const list: Verb = {
  name: 'list',
  summary: 'List AE titles, senders or receivers of results',
  commands: nouns.map(([noun, many]) => command({
    verb: 'list', noun, summary: `List ${many}`, options: { rest, output: output() }, examples: [[`clara dicom list ${noun}`, 'all of them'], [`clara dicom list ${noun} -o json`, 'for scripts']],
    load: () => import('./entities.ts').then((module) => module.lister(noun)),
  })),
};

const describe: Verb = {
  name: 'describe',
  summary: 'Show an AE title, a sender or a receiver of results',
  commands: nouns.map(([noun, , one]) => command({
    verb: 'describe', noun, summary: `Show one ${one}`, args: [nameArgument], options: { rest, output: data }, examples: [[`clara dicom describe ${noun} NAME`, 'all that is set']],
    load: () => import('./entities.ts').then((module) => module.describer(noun)),
  })),
};

const remove: Verb = {
  name: 'delete',
  summary: 'Delete an AE title, a sender or a receiver of results',
  commands: nouns.map(([noun, , one]) => command({
    verb: 'delete', noun, summary: `Delete one ${one}; takes effect at once`, args: [nameArgument], options: { yes, rest, output: data }, examples: [[`clara dicom delete ${noun} NAME`, 'by its name']],
    load: () => import('./entities.ts').then((module) => module.remover(noun)),
  })),
};

export const verbs: readonly Verb[] = [start, stop, restart, status, logs, explain, retry, ...outgoing, create, list, describe, remove];

export const version = command({
  verb: 'version', summary: 'Print the version of this program', options: {}, examples: [['clara dicom --version', 'the version']],
  load: () => import('./version.ts').then((module) => module.printVersion),
});
