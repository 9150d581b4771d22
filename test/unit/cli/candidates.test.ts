import { expect, test } from 'vitest';
import { verbs } from '../../../src/cli/declarations/index.ts';
import { whatCanStand } from '../../../src/terminal/program/candidates.ts';

/** Words that may stand at the end of a line; `_` is a word that is still empty. */
function words(line: string): string[] | string {
  const wanted = whatCanStand(verbs, [{ name: 'platform', summary: undefined }], line.split(' ').map((word) => (word === '_' ? '' : word)));
  if (wanted.kind === 'words') return wanted.candidates.map(({ word }) => word);
  return wanted.kind === 'files' ? (wanted.foldersOnly ? 'folders' : 'files') : `${wanted.what}:${wanted.before}${wanted.prefix}`;
}

test.each<[string, string | string[]]>([
  ['cre', ['create']],
  ['pla', ['platform']],
  ['help des', ['describe']],
  ['help describe _', ['job', 'pipeline', 'payload', 'model']],
  ['create _', ['job', 'pipelines', 'payload', 'model']],
  ['create p', ['pipelines', 'payload']],
  ['create jobs', ['jobs']],
  ['delete j', ['jobs']],
  ['list jobs --sta', ['--state', '--status']],
  ['list jobs --state _', ['pending', 'running', 'stopped']],
  ['list jobs --state pending,r', ['pending,running']],
  ['list jobs --state=pending,r', ['--state=pending,running']],
  ['list jobs -o _', ['wide', 'json', 'yaml', 'name']],
  ['list jobs --pipeline _', 'pipeline:'],
  ['list jobs --pipeline=85', 'pipeline:--pipeline=85'],
  ['list jobs --name _', []],
  ['list jobs --created-after _', []],
  ['describe job -j 2f', 'job:2f'],
  ['describe job 2f', 'job:2f'],
  ['describe jobs _', 'job:'],
  ['--host h describe job _', 'job:'],
  ['describe job --host _', []],
  ['describe job --config _', 'files'],
  ['cancel jobs a b _', 'job:'],
  ['cancel jobs --wait _', 'job:'],
  ['delete payloads _', 'payload:'],
  ['create pipelines -p _', 'files'],
  ['create model -p _', 'folders'],
  ['create model -p m --type tensor', ['tensorflow', 'tensorrt']],
  ['completion _', ['bash', 'zsh', 'fish']],
  ['config _', ['view', 'set', 'unset']],
  ['config set h', ['host']],
  ['describe job a _', []],
  ['platform _', 'files'],
  ['nonsense what _', 'files'],
  ['create nonsense _', 'files'],
])('clara %s', (line, expected) => {
  expect(words(line)).toEqual(expected);
});

test('at the very beginning everything is offered but what is hidden', () => {
  const all = words('_');
  expect(all).toContain('create');
  expect(all).toContain('help');
  expect(all).not.toContain('__complete');
});

test('the help flag and the global flags are offered everywhere', () => {
  for (const line of ['-', 'create -', 'create job --']) expect(words(line)).toEqual(expect.arrayContaining(['--host', '--help', '--verbose']));
});
