import { command, type Verb } from '../../terminal/program/declare.ts';
import { type Program } from '../../terminal/program/help.ts';
import { choice, flag, integer, output, text, type OptionSpec } from '../../terminal/program/options.ts';
import { absoluteFile, seconds } from './option-values.ts';

export const program: Program = {
  name: 'clara platform',
  usage: '<command> [flags]',
  intro: 'Starts and stops the platform of this machine: the server that stores pipelines and payloads and runs jobs. Its data is in ~/.clara/platform.',
  footer: ['`clara platform <command> --help` says more.'],
};

/** The original asked on some of these commands in some versions; scripts pass it to all of them. */
const yes = flag('-y, --yes', 'do not ask');

const server = {
  listen: text('--listen <address>', 'address to take calls at; one that others can reach needs TLS and a token (default: 127.0.0.1)'),
  port: integer('--port <number>', 'gRPC port; 0 takes any free one (default: 30031)', 0, 65_535),
  resultsPort: integer('--results-port <number>', 'port of the Results Service (HTTP); 0 takes any free one (default: 8088, or another where that is taken)', 0, 65_535),
  resultsLease: seconds('--results-lease <duration>', 'how long an exporter may keep a task without reporting before another gets it (default: 30m)'),
  resultsRetain: seconds('--results-retain <duration>', 'how long tasks are listed once all of their job have ended (default: 168h)'),
  tlsCert: absoluteFile('--tls-cert <file>', 'certificate (PEM), for encrypted calls'),
  tlsKey: absoluteFile('--tls-key <file>', 'its private key (PEM)'),
  tokenFile: absoluteFile('--token-file <file>', 'file with the token that callers must send; mode 0600'),
  insecure: flag('--insecure', 'take calls from other machines without TLS and token: anybody who reaches the address can run programs'),
  backend: choice('--backend <name>', 'what runs operators', { auto: 'auto', process: 'process', docker: 'docker' } as const),
  cpus: integer('--cpus <number>', 'CPUs that jobs may use together (default: all)', 1, 4096),
  memory: integer('--memory <megabytes>', 'memory that jobs may use together (default: all)', 1, 1_000_000_000),
  gpus: integer('--gpus <number>', 'GPUs that jobs may use together (default: all)', 0, 1024),
  timeoutDefault: seconds('--timeout-default <duration>', 'time limit of a job that sets none: seconds, or 10m (default: 600)'),
  timeoutMaximum: seconds('--timeout-maximum <duration>', 'longest time limit that a job may set (default: 1800)'),
  timeoutGrace: seconds('--timeout-grace <duration>', 'between asking an operator to end and killing it (default: 15)'),
  serviceTimeout: seconds('--service-timeout <duration>', 'how long a service may take until it answers (default: 120)'),
  tritonImage: text('--triton-image <image>', 'image of NVIDIA Triton on this machine, to serve the models of jobs with; without one such jobs are refused'),
};

export type ServerOptions = { readonly [Key in keyof typeof server]: (typeof server)[Key] extends OptionSpec<infer Value> ? Value : never };

const start: Verb = {
  name: 'start',
  summary: 'Start the platform in the background; does nothing where it runs already',
  commands: [command({
    verb: 'start',
    summary: 'Start the platform in the background; does nothing where it runs already',
    description: 'Returns when it takes calls. Time limits are also read from ~/.clara/charts/clara/values.yaml (pipelineTimeoutDefault, pipelineTimeoutMaximum, pipelineTimeoutGrace), and the clean-up of results from files/appsettings.json beside it (Cleanup); flags win.',
    options: { yes, foreground: flag('--foreground', 'stay in the foreground and log to the terminal'), ...server, output: output(['json', 'yaml']) },
    examples: [
      ['clara platform start', 'on this machine only, at localhost:30031'],
      ['clara platform start --port 0 -o json', 'any free port; the result says which'],
      ['clara platform start --listen 0.0.0.0 --tls-cert cert.pem --tls-key key.pem --token-file token', 'for other machines, too'],
    ],
    load: () => import('./start.ts').then((module) => module.start),
  })],
};

const stop: Verb = {
  name: 'stop',
  summary: 'Stop the platform; asks where jobs are running',
  commands: [command({
    verb: 'stop',
    summary: 'Stop the platform; asks where jobs are running',
    description: 'Returns when it is gone. Running operators are stopped; their jobs go on at the next start.',
    options: { yes, output: output(['json', 'yaml']) },
    examples: [['clara platform stop', 'asks first where jobs are running'], ['clara platform stop -y', 'never asks']],
    load: () => import('./stop.ts').then((module) => module.stop),
  })],
};

const restart: Verb = {
  name: 'restart',
  summary: 'Start the platform anew; running operators go on',
  commands: [command({
    verb: 'restart',
    summary: 'Start the platform anew; running operators go on',
    description: 'Address and settings stay as they were; flags change them. Takes up a new version of clara and a changed values.yaml.',
    options: { yes, ...server, output: output(['json', 'yaml']) },
    examples: [['clara platform restart', 'with the settings it had'], ['clara platform restart --cpus 4', 'with one changed']],
    load: () => import('./start.ts').then((module) => module.restart),
  })],
};

const status: Verb = {
  name: 'status',
  summary: 'Show whether the platform runs, where, and what it is doing',
  commands: [command({
    verb: 'status',
    summary: 'Show whether the platform runs, where, and what it is doing',
    description: 'Ends with 3 where it does not run.',
    options: { output: output(['json', 'yaml']) },
    examples: [['clara platform status', 'for people'], ['clara platform status -o json', 'for scripts']],
    load: () => import('./status.ts').then((module) => module.status),
  })],
};

const logs: Verb = {
  name: 'logs',
  summary: "Print the platform's own log",
  commands: [command({
    verb: 'logs',
    summary: "Print the platform's own log",
    description: 'What operators print is in `clara logs JOB_ID/OPERATOR`.',
    options: {
      follow: flag('-f, --follow', 'wait for more until Ctrl-C'),
      lines: integer('-n, --lines <number>', 'only the last lines', 0, 1_000_000_000),
      output: output(['json']),
    },
    examples: [['clara platform logs -n 20', 'the last 20 lines'], ['clara platform logs --follow -o json', 'as it is written, one JSON object a line']],
    load: () => import('./logs.ts').then((module) => module.logs),
  })],
};

export const verbs: readonly Verb[] = [start, stop, restart, status, logs];
