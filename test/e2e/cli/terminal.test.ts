import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { onTerminal } from '../../helpers/terminal.ts';
import { clara, root, tempDir } from '../../helpers/run.ts';
import { idIn, ok, pipeline, platform } from './helpers.ts';

const colour = '\u001b[3';
const bin = join(root, 'bin/clara');

function show(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  return onTerminal(process.execPath, [bin, ...args], { CLARA_HOME: tempDir(), XDG_CACHE_HOME: '/dev/null/cache', ...env });
}

test('states have colours on a terminal, and nowhere else', async () => {
  const { server, run } = await platform();
  const bad = await pipeline(run, 'bad', 'exit 1');
  await run(['create', 'job', '-n', 'x', '-p', bad, '--start', '--wait=30']);
  const env = { CLARA_HOST: server.target };
  const plain = await ok(run(['list', 'jobs']));
  expect(plain).not.toContain('\u001b');
  const coloured = show(['list', 'jobs'], env);
  await coloured.exitCode;
  expect(coloured.raw()).toContain(`${colour}1mFAULTED`);
  expect(coloured.screen()).toBe(plain);
  for (const off of [{ NO_COLOR: '1' }, { CI: 'true' }, { TERM: 'dumb' }]) {
    const dull = show(['list', 'jobs'], { ...env, ...off });
    await dull.exitCode;
    expect(dull.raw(), JSON.stringify(off)).not.toContain('\u001b[');
  }
  // Data has none, even on a terminal.
  const data = show(['list', 'jobs', '-o', 'json'], env);
  await data.exitCode;
  expect(data.raw()).not.toContain('\u001b[');
});

test('a wait shows how far the job is, and takes the line away at the end', async () => {
  const { server, run } = await platform();
  const id = await pipeline(run, 'slow', 'until [ -e /input/go ]; do sleep 0.05; done');
  const created = await ok(run(['create', 'job', '-n', 'x', '-p', id]));
  const waiting = show(['start', 'job', idIn(created), '--wait'], { CLARA_HOST: server.target });
  await waiting.shows('running · 0 of 1 operators done · work');
  writeFileSync(join(server.home, 'payloads', /PAYLOAD_ID:(.*)/.exec(created)![1]!, 'input', 'go'), '');
  expect(await waiting.exitCode).toBe(0);
  // The cursor is visible again and the spinner's line is gone.
  expect(waiting.raw().lastIndexOf('\u001b[?25l')).toBeLessThanOrEqual(waiting.raw().lastIndexOf('\u001b[?25h'));
});

test('an error has its label in colour on a terminal', async () => {
  const terminal = show(['vesion'], {});
  expect(await terminal.exitCode).toBe(2);
  expect(terminal.raw()).toContain(`${colour}1merror:`);
  expect((await clara(['vesion'])).stderr).not.toContain('\u001b');
});

