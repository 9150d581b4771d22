import { describe, expect, test } from 'vitest';
import { verbs } from '../../../src/cli/declarations/index.ts';
import { commandWords, parseCommandLine } from '../../../src/terminal/program/parse.ts';
import { longName, shortName } from '../../../src/terminal/program/options.ts';

const commands = verbs.flatMap((verb) => verb.commands.map((command) => ({ verb, command, words: commandWords(command) })));

describe.each(commands)('clara $words', ({ verb, command, words }) => {
  test('is filed under its verb and has a summary without a full stop', () => {
    expect(command.verb).toBe(verb.name);
    expect(command.summary).toMatch(/^[A-Z][^]*[^.]$/);
  });

  test('has examples, and each of them is a command line that it takes', () => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line] of command.examples) {
      const own = line.split(/[|<>()]|\$\(/).map((part) => part.trim().replace(/^xargs -r /, '')).filter((part) => part.startsWith('clara '));
      const argv = own.map((part) => (part.match(/"[^"]*"|\S+/g) ?? []).slice(1).map((word) => word.replaceAll('"', '')));
      expect(argv.length, line).toBeGreaterThan(0);
      // What xargs adds is no more than one argument.
      const requests = argv.map((words) => parseCommandLine(verbs, line.includes('xargs') && !words.slice(0, 2).includes('list') ? [...words, 'x'] : words));
      const mine = requests.filter((request) => request.kind === 'run' && request.command === command);
      expect(mine.length, line).toBeGreaterThan(0);
    }
  });

  test('uses no long name or letter twice', () => {
    const taken = ['help', 'config', 'host', 'verbose'];
    const longs = [...taken, ...Object.values(command.options).map(({ flags }) => longName(flags))];
    const shorts = ['-h', ...Object.values(command.options).map(({ flags }) => shortName(flags)).filter((letter) => letter !== undefined)];
    expect(new Set(longs).size).toBe(longs.length);
    expect(new Set(shorts).size).toBe(shorts.length);
  });

  test('has its help, and its implementation can be loaded', async () => {
    const help = parseCommandLine(verbs, [...words.split(' '), '--help']);
    expect(help.kind === 'help' && help.text).toContain(`Usage: clara ${words}`);
    expect(typeof await command.load()).toBe('function');
  });
});

describe.each([[], ...verbs.map(({ name }) => [name]), ...commands.map(({ words }) => words.split(' '))])('the help of clara %s %s', (...words) => {
  const request = parseCommandLine(verbs, [...words, '--help'], [{ name: 'platform', summary: undefined }]);
  const lines = (request.kind === 'help' ? request.text : '').split('\n');
  const text = lines.slice(1, lines.includes('Examples:') ? lines.indexOf('Examples:') : undefined);

  test('fits on 80 columns, examples and usage aside', () => {
    expect(text.length).toBeGreaterThan(5);
    expect(text.filter((line) => line.length > 80)).toEqual([]);
  });

  test('breaks its paragraphs only where a word would not fit, or after a sentence', () => {
    const until = text.findIndex((line) => /^[A-Z][a-z ]+:$/.test(line));
    const early = text.slice(0, until).filter((line, index) => {
      const next = text[index + 1]!;
      return line !== '' && next !== '' && line.length + 1 + next.split(' ')[0]!.length <= 80 && !line.endsWith('.');
    });
    expect(early).toEqual([]);
  });
});

test('every documented command exists (Clara guide, Getting Started)', () => {
  const documented = ['create model', 'list models', 'delete models', 'create job', 'start job', 'create pipelines', 'list pipelines', 'describe pipeline',
    'list jobs', 'cancel jobs', 'delete payloads', 'describe job', 'config', 'version'];
  expect(documented.filter((wanted) => !commands.some(({ words }) => words === wanted))).toEqual([]);
});
