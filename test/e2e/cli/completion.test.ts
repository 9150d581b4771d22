import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { clara, root, run as runProgram, tempDir } from '../../helpers/run.ts';
import { onTerminal } from '../../helpers/terminal.ts';
import { idIn, ok, pipeline, platform, type Run } from './helpers.ts';

/** What a real bash would offer at Tab for a line. */
async function tab(line: string, env: Readonly<Record<string, string>>, folder = tempDir()): Promise<string[]> {
  const bin = tempDir();
  symlinkSync(join(root, 'bin/clara'), join(bin, 'clara'));
  // Bash splits the line as readline does: at blanks, and at the characters of COMP_WORDBREAKS.
  const script = `
source <(clara completion bash)
COMP_LINE=$1; COMP_POINT=\${#COMP_LINE}
COMP_WORDS=(); rest=$COMP_LINE
while [[ -n $rest ]]; do
  if [[ $rest =~ ^[[:blank:]]+ ]]; then rest=\${rest:\${#BASH_REMATCH[0]}}; [[ -z $rest ]] && COMP_WORDS+=(""); continue; fi
  [[ $rest =~ ^([:=]+|[^[:blank:]:=]+) ]]; COMP_WORDS+=("\${BASH_REMATCH[0]}"); rest=\${rest:\${#BASH_REMATCH[0]}}
done
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
compopt() { echo compopt "$@"; }
_clara
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { exitCode, stdout, stderr } = await runProgram('bash', ['--norc', '-c', script, 'bash', line], { cwd: folder, env: { CLARA_HOME: tempDir(), PATH: `${bin}:${process.env.PATH!}`, ...env } });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.split('\n').filter((word) => word !== '');
}

async function candidates(run: Run, ...words: string[]): Promise<string[]> {
  return (await ok(run(['__complete', '--', ...words]))).trimEnd().split('\n');
}

test('ids of the platform are completed, with names where the shell shows them', async () => {
  const { server, run } = await platform();
  const pipelineId = await pipeline(run, 'greet', 'true');
  const created = await ok(run(['create', 'job', '-n', 'head', '-p', pipelineId, '-f', join(root, 'LICENSE')]));
  const jobId = idIn(created);
  const payloadId = /PAYLOAD_ID:(.*)/.exec(created)![1]!;
  expect(await candidates(run, 'describe', 'job', '-j', '')).toEqual(['none', `${jobId}\thead`]);
  expect(await candidates(run, 'describe', 'pipeline', '-p', pipelineId.slice(0, 3))).toEqual(['none', `${pipelineId}\tgreet`]);
  expect(await candidates(run, 'create', 'job', `--pipeline=${pipelineId.slice(0, 3)}`)).toEqual(['none', `--pipeline=${pipelineId}\tgreet`]);
  expect(await candidates(run, 'delete', 'payloads', '')).toEqual(['none', `${payloadId}\thead`]);
  expect(await candidates(run, 'delete', 'models', '')).toEqual(['none']);
  expect(await candidates(run, 'describe', 'job', 'zz')).toEqual(['none']);
  const env = { CLARA_HOST: server.target };
  expect(await tab(`clara describe job -j ${jobId.slice(0, 4)}`, env)).toEqual([jobId]);
  expect(await tab(`clara create job --pipeline=${pipelineId.slice(0, 4)}`, env)).toEqual([pipelineId]);
});

test('bash completes commands, flags, words, files and folders', async () => {
  const folder = tempDir();
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'pipe line.yaml'), '');
  const env = { CLARA_HOST: '127.0.0.1:1' };
  expect(await tab('clara desc', env)).toEqual(['describe']);
  expect(await tab('clara create p', env)).toEqual(['pipelines', 'payload']);
  expect(await tab('clara list jobs --sta', env)).toEqual(['--state', '--status']);
  expect(await tab('clara list jobs --state=pe', env)).toEqual(['pending']);
  expect(await tab('clara create pipelines -p pi', env, folder)).toEqual(['compopt -o filenames', 'pipe line.yaml']);
  expect(await tab('clara create model -p ', env, folder)).toEqual(['compopt -o filenames', 'models']);
  expect(await tab('clara describe job ', env)).toEqual([]);
});

/** A platform with a job, and `clara` on PATH of a folder with a file and a folder. */
async function completionPlace() {
  const { server, run } = await platform();
  const pipelineId = await pipeline(run, 'greet', 'true');
  const jobId = idIn(await ok(run(['create', 'job', '-n', 'head', '-p', pipelineId, '-f', join(root, 'LICENSE')])));
  const [folder, bin, plugins] = [tempDir(), tempDir(), tempDir()];
  symlinkSync(join(root, 'bin/clara'), join(bin, 'clara'));
  mkdirSync(join(folder, 'the models'));
  writeFileSync(join(folder, 'pipe line.yaml'), '');
  mkdirSync(join(plugins, 'plugins'));
  writeFileSync(join(plugins, 'plugins/clara-viewer_web'), '#!/bin/sh\n', { mode: 0o755 });
  return { folder, pipelineId, jobId, env: { CLARA_HOST: server.target, CLARA_HOME: plugins, HOME: folder, PATH: `${bin}:${process.env.PATH!}`, NO_COLOR: '1', LC_ALL: 'C.UTF-8' } };
}

type CompletionPlace = Awaited<ReturnType<typeof completionPlace>>;

/** A line as it is typed, and as it is after Tab. */
const completedLines = ({ pipelineId, jobId }: CompletionPlace): readonly (readonly [string, string])[] => [
  ['clara desc', 'clara describe '],
  ['clara create pi', 'clara create pipelines '],
  ['clara list jobs --stat', 'clara list jobs --stat'],
  ['clara list jobs --state=pe', 'clara list jobs --state=pending '],
  ['clara create pipelines -p pi', 'clara create pipelines -p pipe\\ line.yaml '],
  ['clara create model -p t', 'clara create model -p the\\ models/'],
  [`clara describe job -j ${jobId.slice(0, 4)}`, `clara describe job -j ${jobId} `],
  ['clara delete jobs ', `clara delete jobs ${jobId} `],
  [`clara create job --pipeline=${pipelineId.slice(0, 4)}`, `clara create job --pipeline=${pipelineId} `],
  [`clara download ${jobId.slice(0, 4)}`, `clara download ${jobId}:`],
  [`clara download ${jobId}:/in`, `clara download ${jobId}:/input/`],
  ['clara view', 'clara viewer-web '],
  ['clara pla', 'clara platform '],
  ['clara platform sto', 'clara platform stop '],
  ['clara platform start --backend d', 'clara platform start --backend docker '],
];

test.skipIf(missing('zsh'))('zsh completes commands, flags, ids, plugins and files', async () => {
  const place = await completionPlace();
  const terminal = onTerminal('zsh', ['-f', '-i'], place.env);
  terminal.type([
    `cd '${place.folder}'; PS1='> '; autoload -Uz compinit; compinit -u -D; source <(clara completion zsh)`,
    // The line as it is, and an empty one.
    'shown() { print -r -- "is [$BUFFER]"; BUFFER=; }; zle -N shown; bindkey "^Xs" shown; echo rea""dy\n',
  ].join('; '));
  await terminal.shows('ready\n');
  for (const [typed, completed] of completedLines(place)) {
    terminal.type(`${typed}\t\x18s`);
    await terminal.shows(`is [${completed}]`);
  }
  terminal.type('clara describe \t\x18s');
  await terminal.shows(/pipeline +-- Show/);
});

test.skipIf(missing('fish'))('fish completes commands, flags, ids, plugins and files, with what they mean', async () => {
  const place = await completionPlace();
  // What fish itself would offer for a line.
  const offered = async (line: string): Promise<string[]> => {
    const done = await runProgram('fish', ['-N', '-c', 'source (clara completion fish | psub); complete -C $argv[1]', line], { cwd: place.folder, env: place.env });
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    return done.stdout.split('\n').filter((text) => text !== '');
  };
  for (const [typed, completed] of completedLines(place)) {
    const words = (await offered(typed)).map((text) => text.split('\t')[0]!);
    if (typed === completed) expect(words.length, typed).toBeGreaterThan(1);
    // Fish quotes and adds the blank when it puts the word into the line.
    else expect(words, typed).toEqual([/\S+$/.exec(completed.replaceAll('\\ ', '_').trimEnd())![0].replaceAll('_', ' ')]);
  }
  expect(await offered(`clara describe job -j ${place.jobId.slice(0, 4)}`)).toEqual([`${place.jobId}\thead`]);
  expect(await offered('clara platform sta')).toEqual(['start\tStart the platform in the background; does nothing where it runs already', 'status\tShow whether the platform runs, where, and what it is doing']);
});

test('a platform that is away or silent costs no error and no second', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  onTestFinished(() => { server.close(); });
  for (const host of ['127.0.0.1:1', `127.0.0.1:${(server.address() as AddressInfo).port}`, 'no-such-host.invalid']) {
    const began = Date.now();
    expect(await clara(['__complete', '--', 'describe', 'job', ''], { env: { CLARA_HOST: host, CLARA_HOME: tempDir() } })).toMatchObject({ exitCode: 0, stdout: 'none\n', stderr: '' });
    // Far above the 0.6 s that the platform is given, for a busy machine; far below the usual 30 s.
    expect(Date.now() - began).toBeLessThan(10_000);
  }
});

test('settings that are wrong do not disturb the line that is typed', async () => {
  const home = tempDir();
  writeFileSync(join(home, 'config.yaml'), 'timeout: soon\n');
  expect(await clara(['__complete', '--', 'describe', 'job', ''], { env: { CLARA_HOME: home } })).toMatchObject({ exitCode: 0, stdout: 'none\n', stderr: '' });
});

test.each(['bash', 'zsh', 'fish'])('the script for %s is valid there', async (shell) => {
  const { exitCode, stdout } = await clara(['completion', shell]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('__complete --');
  const file = join(tempDir(), 'script');
  writeFileSync(file, stdout);
  const check = spawnSync(shell, ['-n', file]);
  // A shell that is not installed cannot judge its script.
  if (check.error === undefined) expect({ status: check.status, stderr: check.stderr.toString() }).toEqual({ status: 0, stderr: '' });
});

test('another shell is refused', async () => {
  expect(await clara(['completion', 'csh'])).toMatchObject({ exitCode: 2, stdout: '', stderr: 'error: there is no completion for `csh`\nhint: there is one for bash, zsh and fish\n' });
});
