import { ClaraError } from '../../core/errors.ts';
import { parseDuration } from '../../core/duration.ts';
import { command, type Verb } from '../../terminal/program/declare.ts';
import { flag, longName, text, type OptionSpec } from '../../terminal/program/options.ts';

const cluster = {
  namespace: text('-n, --namespace <name>', 'namespace of the cluster (default: CLARA_NAMESPACE, or default)', { complete: 'none' }),
  kubeconfig: text('--kubeconfig <file>', 'file that says how to reach the cluster (default: KUBECONFIG, or ~/.kube/config)', { complete: 'file' }),
  context: text('--context <name>', 'context of that file (default: its current one)', { complete: 'none' }),
} as const;

/** A duration in milliseconds. */
function duration(flags: string, help: string, fallback: string): OptionSpec<number> {
  const parse = (value: string) => {
    const ms = parseDuration(value);
    if (ms !== undefined && ms > 0) return ms;
    throw new ClaraError('usage', `--${longName(flags)}: \`${value}\` is not a duration`, { hint: 'give seconds, or a number with s, m or h: 90, 10m' });
  };
  return { flags, help, parse, fallback: parse(fallback), shownDefault: fallback, required: false };
}

const noSecret = flag('--no-secret', 'do not look for the secret `nvcr.io`, nor make it');

const test: Verb = {
  name: 'test_workflow',
  aliases: ['test'],
  summary: 'Test workflow',
  commands: [command({
    verb: 'test_workflow',
    summary: 'Test workflow',
    description: 'Runs a workflow over test-data/<job id>, on a Kubernetes cluster with helm, or with docker alone; then removes all that it has installed and lists what the last stage has written.',
    args: [
      { name: 'WORKFLOW', help: 'id of the workflow (default: ai-only)', optional: true, complete: 'workflow' },
      { name: 'JOB', help: 'id of the job, a UUID: the folder in test-data (default: 00000000-0000-0000-0000-000000000000)', optional: true, complete: 'none' },
    ],
    options: {
      docker: flag('--docker', 'without a cluster: one container for each stage, all at the same time'),
      ...cluster,
      noSecret,
      noTrtis: flag('--no-trtis', 'do not install TRTIS, even where a stage uses it'),
      trtisUri: text('--trtis-uri <host:port>', 'use the TRTIS that is there, and install none', { complete: 'none' }),
      follow: flag('-f, --follow', 'show what the stages print'),
      timeout: duration('--timeout <duration>', 'longest time for the job: seconds, or 90s, 10m', '30m'),
      keep: flag('--keep', 'leave everything as it is at the end, for a look'),
      replace: flag('--replace', 'remove what an earlier test has left behind'),
      dryRun: flag('--dry-run', 'print the commands and the manifest, and do nothing'),
    },
    examples: [
      ['clara-wf test', 'the workflow ai-only over its test data'],
      ['clara-wf test dicom-reader-only 11111111-1111-1111-1111-111111111111 --follow', 'with what the stages print'],
      ['clara-wf test --docker', 'without a cluster'],
      ['clara-wf test --dry-run', 'what would be done'],
    ],
    load: () => import('../commands/test-workflow.ts').then((module) => module.testWorkflow),
  })],
};

const install: Verb = {
  name: 'install_trtis',
  summary: 'Deploy TRTIS service',
  commands: [command({
    verb: 'install_trtis',
    summary: 'Deploy TRTIS service',
    description: 'Installs charts/trtis as the release `trtis` unless it is there, waits until it answers, and says where it is. Its image, GPUs and models are set in charts/trtis/values.yaml.',
    options: { ...cluster, noSecret, timeout: duration('--timeout <duration>', 'longest time until it answers: seconds, or 90s, 10m', '10m') },
    examples: [['clara-wf install_trtis', 'in the namespace default'], ['clara-wf install_trtis -n lab --timeout 20m', 'elsewhere, with more patience']],
    load: () => import('../commands/trtis.ts').then((module) => module.installTrtis),
  })],
};

const uninstall: Verb = {
  name: 'uninstall_trtis',
  summary: 'Delete TRTIS service',
  commands: [command({
    verb: 'uninstall_trtis',
    summary: 'Delete TRTIS service',
    options: { ...cluster },
    examples: [['clara-wf uninstall_trtis', 'removes what install_trtis has installed']],
    load: () => import('../commands/trtis.ts').then((module) => module.removeTrtis),
  })],
};

const setKey: Verb = {
  name: 'set_ngc_api_key',
  aliases: ['setkey'],
  summary: 'Reset NGC API key',
  commands: [command({
    verb: 'set_ngc_api_key',
    summary: 'Reset NGC API key',
    description: 'Stores the key in the cluster as the secret `nvcr.io`, in place of an older one: NGC_API_KEY, else what standard input holds, else it is asked for.',
    options: { ...cluster, key: text('--key <->', '`-`: read the key from standard input, whatever NGC_API_KEY says', { complete: ['-'] }) },
    examples: [['clara-wf setkey', 'asks for the key'], ['clara-wf setkey --key - < key.txt', 'takes it from a file']],
    load: () => import('../commands/set-ngc-key.ts').then((module) => module.setNgcKey),
  })],
};

/** The commands that run workflows and what they need, in the order of the help. */
export const running: readonly Verb[] = [test, install, uninstall, setKey];
