import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { verbs } from '../../../src/cli/declarations/index.ts';
import { commandWords, parseCommandLine } from '../../../src/terminal/program/parse.ts';
import { ClaraError } from '../../../src/core/errors.ts';

const now = Date.parse('2026-03-08T12:00:00Z');
beforeEach(() => { vi.useFakeTimers({ now }); });
afterEach(() => { vi.useRealTimers(); });

/** What a command line becomes: the command, its options that are not at their default, its arguments, its global flags. */
function parsed(argv: readonly string[]) {
  const request = parseCommandLine(verbs, argv);
  if (request.kind !== 'run') return { kind: request.kind };
  const { command, options, args, globals } = request;
  const given = Object.fromEntries(Object.entries(options)
    .filter(([key, value]) => JSON.stringify(plain(value)) !== JSON.stringify(plain(command.options[key]!.fallback)))
    .map(([key, value]) => [key, plain(value)]));
  return { command: commandWords(command), options: given, args, globals: Object.fromEntries(Object.entries(globals).filter(([, value]) => value !== undefined && value !== false)) };
}

function plain(value: unknown): unknown {
  if (value === Infinity) return 'for ever';
  return value instanceof Map ? Object.fromEntries(value) : value;
}

const none = { options: {}, args: [], globals: {} };

describe('command lines', () => {
  test.each<[string, object]>([
    // The documented lines, letter by letter (Clara guide, Getting Started; transcripts of 0.5 to 0.8.1).
    ['create model -p m -t tensorflow', { ...none, command: 'create model', options: { path: 'm', type: 'MODEL_TYPE_TENSOR_FLOW' } }],
    ['create model --path m --type unknown --raw', { ...none, command: 'create model', options: { path: 'm', raw: true } }],
    ['create model -p m -t pytorch -r', { ...none, command: 'create model', options: { path: 'm', type: 'MODEL_TYPE_PY_TORCH', raw: true } }],
    ['create model -p m -t tensorrt', { ...none, command: 'create model', options: { path: 'm', type: 'MODEL_TYPE_TENSOR_RT' } }],
    ['list models', { ...none, command: 'list models' }],
    ['list models --quiet', { ...none, command: 'list models', options: { quiet: true } }],
    ['list model -q', { ...none, command: 'list models', options: { quiet: true } }],
    ['delete models a b', { ...none, command: 'delete models', args: ['a', 'b'] }],
    ['create job -n NAME -p ID', { ...none, command: 'create job', options: { name: 'NAME', pipeline: 'ID' } }],
    ['create job -n NAME -p ID -f input -i high --start', { ...none, command: 'create job', options: { name: 'NAME', pipeline: 'ID', files: ['input'], priority: 'JOB_PRIORITY_HIGHER', start: true } }],
    ['create job --name N --pipeline P --files F --priority low -s', { ...none, command: 'create job', options: { name: 'N', pipeline: 'P', files: ['F'], priority: 'JOB_PRIORITY_LOWER', start: true } }],
    ['create job -n N -p P -i immediate', { ...none, command: 'create job', options: { name: 'N', pipeline: 'P', priority: 'JOB_PRIORITY_IMMEDIATE' } }],
    ['create job -n N -p P -i normal', { ...none, command: 'create job', options: { name: 'N', pipeline: 'P' } }],
    ['start job -j ID', { ...none, command: 'start job', options: { job: 'ID' } }],
    ['start job --job ID', { ...none, command: 'start job', options: { job: 'ID' } }],
    ['create pipelines -p x.yaml', { ...none, command: 'create pipelines', options: { path: ['x.yaml'] } }],
    ['create pipeline -p x.yaml', { ...none, command: 'create pipelines', options: { path: ['x.yaml'] } }],
    ['list pipelines', { ...none, command: 'list pipelines' }],
    ['describe pipeline -p ID', { ...none, command: 'describe pipeline', options: { pipeline: 'ID' } }],
    ['list jobs', { ...none, command: 'list jobs' }],
    ['cancel jobs a b', { ...none, command: 'cancel jobs', args: ['a', 'b'] }],
    ['cancel job a --reason wrong', { ...none, command: 'cancel jobs', args: ['a'], options: { reason: 'wrong' } }],
    ['delete payloads a', { ...none, command: 'delete payloads', args: ['a'] }],
    ['describe job -j ID', { ...none, command: 'describe job', options: { job: 'ID' } }],
    ['config --key K --orgteam ea-nvidia-clara -y', { ...none, command: 'config', options: { key: 'K', orgteam: 'ea-nvidia-clara', yes: true } }],
    ['config --key K --orgteam nvidia/clara --yes --verbose', { ...none, command: 'config', options: { key: 'K', orgteam: 'nvidia/clara', yes: true }, globals: { verbose: true } }],
    ['version', { ...none, command: 'version' }],
    // Ours.
    ['--version', { kind: 'version' }],
    ['-V', { kind: 'version' }],
    ['create jobs -n N -p P --wait --start', { ...none, command: 'create job', options: { name: 'N', pipeline: 'P', start: true, wait: 'for ever' } }],
    ['create job -n N -p P --wait=10m --start --set a=1 --set b=x=y --set a=2', { ...none, command: 'create job', options: { name: 'N', pipeline: 'P', start: true, wait: 600_000, set: { a: '2', b: 'x=y' } } }],
    ['create job -n -x -p P', { ...none, command: 'create job', options: { name: '-x', pipeline: 'P' } }],
    ['create job -n --host -p P', { ...none, command: 'create job', options: { name: '--host', pipeline: 'P' } }],
    ['create job -n --wait -p P', { ...none, command: 'create job', options: { name: '--wait', pipeline: 'P' } }],
    ['create job --name=--start -p P', { ...none, command: 'create job', options: { name: '--start', pipeline: 'P' } }],
    ['create job -nN -pP -f a -f b', { ...none, command: 'create job', options: { name: 'N', pipeline: 'P', files: ['a', 'b'] } }],
    ['cancel jobs --wait ID', { ...none, command: 'cancel jobs', options: { wait: 'for ever' }, args: ['ID'] }],
    ['cancel jobs --wait=0 -- -ID', { ...none, command: 'cancel jobs', options: { wait: 0 }, args: ['-ID'] }],
    ['start job ID --set k=', { ...none, command: 'start job', options: { set: { k: '' } }, args: ['ID'] }],
    ['list jobs --state pending,running --state STOPPED', { ...none, command: 'list jobs', options: { state: ['JOB_STATE_PENDING', 'JOB_STATE_RUNNING', 'JOB_STATE_STOPPED'] } }],
    ['list jobs --status JOB_STATUS_FAULTED -o wide', { ...none, command: 'list jobs', options: { status: ['JOB_STATUS_FAULTED'], output: 'wide' } }],
    ['list jobs --created-after 2h --completed-before 2026-03-08T11:00:00Z', { ...none, command: 'list jobs', options: { createdAfter: now - 7_200_000, completedBefore: now - 3_600_000 } }],
    ['list jobs --created-after 2026-03-08T12:00:00+02:00', { ...none, command: 'list jobs', options: { createdAfter: now - 7_200_000 } }],
    ['list jobs -p a -p b --name head-* --limit 5 -w', { ...none, command: 'list jobs', options: { pipeline: ['a', 'b'], name: 'head-*', limit: 5, watch: true } }],
    ['--host h list jobs', { ...none, command: 'list jobs', globals: { host: 'h' } }],
    ['list --host h jobs', { ...none, command: 'list jobs', globals: { host: 'h' } }],
    ['--host a list jobs --host b --config c --verbose', { ...none, command: 'list jobs', globals: { host: 'b', config: 'c', verbose: true } }],
    ['--config list create payload', { ...none, command: 'create payload', globals: { config: 'list' } }],
    ['update pipeline ID --metadata a=1 --remove-metadata b', { ...none, command: 'update pipeline', args: ['ID'], options: { metadata: { a: '1' }, remove: ['b'] } }],
    ['config view', { ...none, command: 'config', args: ['view'] }],
    ['config set host x', { ...none, command: 'config', args: ['set', 'host', 'x'] }],
    ['help', { kind: 'help' }],
    ['help create job', { kind: 'help' }],
    ['create job --help', { kind: 'help' }],
    ['create -h', { kind: 'help' }],
    ['', { kind: 'help' }],
  ])('%s', (line, expected) => {
    expect(parsed(line === '' ? [] : line.split(' '))).toEqual(expected);
  });
});

describe('wrong command lines', () => {
  test.each<[string, string, string | undefined]>([
    ['vesion', 'unknown command `vesion` (no built-in and no plugin `clara-vesion`)', 'did you mean `clara version`?'],
    ['xyzzy', 'unknown command `xyzzy` (no built-in and no plugin `clara-xyzzy`)', '`clara --help` lists the commands'],
    ['Version', 'unknown command `Version` (no built-in and no plugin `clara-Version`)', 'did you mean `clara version`?'],
    ['jobs list', 'unknown command `jobs` (no built-in and no plugin `clara-jobs`)', 'the verb comes first: `clara list jobs`'],
    ['create', 'say what to create: job, pipelines, payload, model', 'see `clara create --help`'],
    ['create jbo -n x', '`clara create` does not know the type `jbo` (it knows job, pipelines, payload, model)', 'did you mean `clara create job`?'],
    ['create Job -n x', '`clara create` does not know the type `Job` (it knows job, pipelines, payload, model)', 'did you mean `clara create job`?'],
    ['delete', 'say what to delete: jobs, pipelines, payloads, models', 'see `clara delete --help`'],
    ['create job', 'missing --name name and --pipeline PIPELINE_ID', 'see `clara create job --help`'],
    ['create job -n x', 'missing --pipeline PIPELINE_ID', 'see `clara create job --help`'],
    ['create job -n', 'option `-n, --name <name>` argument missing', 'see the same command with --help'],
    ['run main.yaml -f input', 'missing --pipeline file', 'did you mean `-p main.yaml`?'],
    ['help vesion', 'unknown command `vesion` (no built-in and no plugin `clara-vesion`)', 'did you mean `clara version`?'],
    ['vesion --help', 'unknown command `vesion` (no built-in and no plugin `clara-vesion`)', 'did you mean `clara version`?'],
    ['help create jbo', '`clara create` does not know the type `jbo` (it knows job, pipelines, payload, model)', 'did you mean `clara create job`?'],
    ['create job -n x -p y --sart', 'unknown option `--sart`', 'did you mean `--start`?'],
    ['create job -n x -p y z', 'unexpected argument `z`', 'see `clara create job --help`'],
    ['create job -n x -p y -i urgent', '--priority: `urgent` is not one of low, normal, high, immediate', undefined],
    ['create job -n x -p y --set a', '--set: `a` is not NAME=VALUE', undefined],
    ['create job -n x -p y --set =a', '--set: `=a` is not NAME=VALUE', undefined],
    ['create job -n x -p y --wait=soon', '--wait: `soon` is not a duration', 'give seconds, or a number with s, m or h: --wait=90, --wait=10m'],
    ['list jobs --state done', '--state: `done` is not one of pending, running, stopped', undefined],
    ['list jobs --created-after yesterday', '--created-after: `yesterday` is not a time', 'give ISO 8601 (2026-03-08, 2026-03-08T18:06, 2026-03-08T18:06:31Z) or how long ago (90m, 2h, 3d)'],
    ['list jobs --created-after 2026-13-40', '--created-after: `2026-13-40` is not a time', 'give ISO 8601 (2026-03-08, 2026-03-08T18:06, 2026-03-08T18:06:31Z) or how long ago (90m, 2h, 3d)'],
    ['list jobs --limit 0', '--limit: `0` is not a whole number from 1 to 1000000000', undefined],
    ['list jobs -o xml', '--output: `xml` is not one of wide, json, yaml, name', undefined],
    ['cancel jobs', 'missing JOB_ID', 'see `clara cancel jobs --help`'],
    ['--hots x list jobs', 'unknown option `--hots`', 'did you mean `--host`?'],
    ['list --queit jobs', 'unknown option `--queit`', 'flags of a command come after its words; see `clara list --help`'],
  ])('%s', (line, message, hint) => {
    let thrown: unknown;
    try {
      parsed(line.split(' '));
    } catch (failure) {
      thrown = failure;
    }
    expect(thrown).toBeInstanceOf(ClaraError);
    expect({ message: (thrown as ClaraError).message, hint: (thrown as ClaraError).hint, kind: (thrown as ClaraError).kind }).toEqual({ message, hint, kind: 'usage' });
  });
});

test('the first word of plugins of several words alone is told what may follow, not itself', () => {
  const plugins = ['foo bar baz', 'foo qux', 'food'].map((name) => ({ name, summary: undefined }));
  expect(() => parseCommandLine(verbs, ['foo'], plugins)).toThrow(expect.objectContaining({ kind: 'usage', hint: 'did you mean `clara foo bar baz` or `clara foo qux`?' }) as Error);
});
