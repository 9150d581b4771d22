import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canLaunch, launchDirectly, Launchers, type LaunchFiles } from '../../../src/system/sandbox/launcher.ts';
import { tempDir } from '../../helpers/run.ts';

/** In place of bubblewrap: writes its arguments to its output, and the settings, which it can read, behind them. */
function fakeBwrap(folder: string): string {
  const program = join(folder, 'bwrap');
  writeFileSync(program, '#!/bin/sh\nprintf "%s\\0" "$@"\ncat <&3\necho status >&4\nexit 7\n');
  chmodSync(program, 0o755);
  return program;
}

async function run(launch: (files: LaunchFiles) => { opened: Promise<boolean>; end: Promise<unknown> }) {
  const folder = tempDir();
  writeFileSync(join(folder, 'settings'), 'settings');
  const [log, settings, status] = [openSync(join(folder, 'log'), 'a'), openSync(join(folder, 'settings'), 'r'), openSync(join(folder, 'status'), 'a')];
  const run = launch({ log, settings, status });
  expect(await run.opened).toBe(true);
  [log, settings, status].forEach(closeSync);
  const end = await run.end;
  return { end, args: readFileSync(join(folder, 'log'), 'utf8').split('\0'), status: readFileSync(join(folder, 'status'), 'utf8') };
}

it.each([
  ['one word', ['true']],
  ['what shells take for their own', ['sh', '-c', 'echo "$HOME" `id` \\n \'*\' ; exit', '', '-', '+', '--', '=', ' two  words ', '\ttab\t']],
  ['lines', ['printf', 'one\ntwo\n\nfour\n', '\n', 'run yes 1 2 3 4']],
])('says the same to bubblewrap as when there is no launcher: %s', async (_, command) => {
  const stop = new AbortController();
  const bwrap = fakeBwrap(tempDir());
  const request = { scratch: '/a folder/with "quotes" and \\', name: 'clara-operator:/jobs/1/step', command };
  expect(canLaunch(request)).toBe(true);
  const launchers = new Launchers(bwrap, false, stop.signal);
  const direct = await run((files) => launchDirectly(bwrap, request, files));
  expect(direct).toMatchObject({ end: { kind: 'exited', code: 7 }, status: 'status\n' });
  expect(direct.args).toEqual(['--bind', request.scratch, '/tmp', '--unsetenv', request.name, '--args', '3', '--json-status-fd', '4', '--', ...command, 'settings']);
  // Twice: the second one finds the launcher of the first.
  for (let time = 0; time < 2; time += 1) expect(await run((files) => launchers.launch(request, files, false))).toEqual(direct);
  stop.abort();
});

it.each([
  ['a scratch folder with a line break', { scratch: '/a\nb' }],
  ['a name with a line break', { name: 'a\nb' }],
  ['letters that a shell may take apart', { scratch: '/é' }],
  ['control characters', { command: ['a\u0001'] }],
  ['a very long command', { command: ['x'.repeat(20_000)] }],
])('does not hand over %s', (_, odd) => {
  expect(canLaunch({ scratch: '/s', name: 'n', command: ['true'], ...odd })).toBe(false);
});
