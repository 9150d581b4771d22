import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/terminal/program/parse.ts';
import { verbs } from '../../../src/workflow/declarations/index.ts';
import { programCalled } from '../../../src/workflow/program.ts';

const program = programCalled('clara-wf');
const parse = (words: readonly string[]) => parseCommandLine(verbs, words, [], program);

describe.each(verbs.filter(({ hidden }) => !hidden).map((verb) => [verb.name, verb] as const))('clara-wf %s', (name, { aliases = [], summary, commands: [command] }) => {
  test('has examples, and each of them is a command line that it takes', () => {
    expect(command!.examples.length).toBeGreaterThan(0);
    for (const [line] of command!.examples) {
      const words = (line.replace(/ [<>|] .*$/, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/["']/g, ''));
      const own = words.slice(words.indexOf('clara-wf') + 1);
      expect(parse(own), line).toMatchObject({ kind: 'run', command: { verb: name } });
    }
  });

  test('is a line of the help of the program, with its aliases', () => {
    const line = program.help!.split('\n').find((each) => each.startsWith(`${name} `))!;
    expect(line.split(' : ')[1]).toBe(summary);
    expect(line.split(' : ')[0]!.replace(/ \[.*$/, '').split(' | ')).toEqual([name, ...aliases]);
    expect(command!.summary).toBe(summary);
  });

  test('has its help, which fits on 80 columns, and its implementation can be loaded', async () => {
    const help = parse([name, '--help']);
    const text = help.kind === 'help' ? help.text.split('\nExamples:')[0]! : '';
    expect(text.split('\n').slice(1).filter((line) => line.length > 80)).toEqual([]);
    expect(typeof await command!.load()).toBe('function');
  });
});

test('flags of every command: those that have a meaning here', () => {
  expect(parse(['-C', '/x', 'ls'])).toMatchObject({ kind: 'run', globals: { directory: '/x' } });
  expect(parse(['ls', '--directory=/x', '--verbose'])).toMatchObject({ kind: 'run', globals: { directory: '/x', verbose: true } });
  expect(() => parse(['ls', '--host', 'x'])).toThrow('unknown option `--host`');
});
