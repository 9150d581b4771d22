import { describe, expect, test } from 'vitest';
import { type Finding } from '../../../src/pipeline/findings.ts';
import { renderFinding } from '../../../src/pipeline/render.ts';
import { SourceFile } from '../../../src/pipeline/source.ts';

function finding(line: number, column: number, length: number, help?: string): Finding {
  return { code: 'bad-name', severity: 'error', message: 'no name', file: 'a.yaml', line, column, length, ...(help === undefined ? {} : { help }) };
}

describe('the line is shown with the place underlined', () => {
  test.each([
    ['at its start', 'abc: 1', finding(1, 1, 3), ['1 | abc: 1', '  | ^^^']],
    ['at its end', 'abc: 1', finding(1, 6, 1, 'two'), ['1 | abc: 1', '  |      ^ two']],
    ['past its end', 'abc', finding(1, 4, 1), ['1 | abc', '  |    ^']],
    ['in a later line, with a wider gutter', `${'\n'.repeat(9)}a: b`, finding(10, 4, 1), ['10 | a: b', '   |    ^']],
    ['of a file with CRLF', 'a: 1\r\nb: 2\r\n', finding(2, 4, 1), ['2 | b: 2', '  |    ^']],
    ['of a file with a byte-order mark', '\uFEFFa: 1', finding(1, 1, 1), ['1 | a: 1', '  | ^']],
    ['with tabs', 'a:\t\tb', finding(1, 5, 1), ['1 | a:    b', '  |       ^']],
    ['with wide characters', '漢字: ✓, 😀: x', finding(1, 8, 1), ['1 | 漢字: ✓, 😀: x', '  |          ^^']],
    ['with combining marks', 'e\u0301e\u0301: x', finding(1, 5, 1), ['1 | e\u0301e\u0301: x', '  |   ^']],
    ['with marks that turn the direction of text', 'a: \u202e1', finding(1, 5, 1), ['1 | a: \\u202e1', '  |          ^']],
    ['of an empty file', '', finding(1, 1, 1), ['1 |', '  | ^']],
    ['longer than a screen, in its middle', `${'x'.repeat(500)}y${'z'.repeat(500)}`, finding(1, 501, 1), [`1 | …${'x'.repeat(30)}y${'z'.repeat(89)}…`, `  | ${' '.repeat(31)}^`]],
    ['longer than a screen, at its end', `${'x'.repeat(500)}y`, finding(1, 501, 1), [`1 | …${'x'.repeat(119)}y`, `  | ${' '.repeat(120)}^`]],
    ['longer than a screen, all of it', 'x'.repeat(500), finding(1, 1, 500), [`1 | ${'x'.repeat(120)}…`, `  | ${'^'.repeat(120)}`]],
    ['longer than a screen, of pairs', '😀'.repeat(500), finding(1, 251, 1), [`1 | …${'😀'.repeat(15)}${'😀'.repeat(45)}…`, `  | ${' '.repeat(31)}^^`]],
  ] as const)('%s', (_, content, what, expected) => {
    const lines = renderFinding(what, new SourceFile({ path: 'a.yaml', content })).split('\n');
    expect(lines.slice(3)).toEqual(expected);
    expect(lines.slice(0, 2)).toEqual(['error[bad-name]: no name', `${' '.repeat(String(what.line).length)}--> a.yaml:${what.line}:${what.column}`]);
  });
});

test('without the text of the file the place and the help remain', () => {
  expect(renderFinding(finding(3, 2, 1, 'write a name'), undefined)).toBe('error[bad-name]: no name\n --> a.yaml:3:2\n  help: write a name');
});

test('a file name cannot drive the terminal', () => {
  expect(renderFinding({ ...finding(1, 1, 1), file: '\u001b[31m.yaml' }, undefined)).toContain('--> \\u001b[31m.yaml:1:1');
});

test('colours come from the caller', () => {
  const painted = renderFinding({ ...finding(1, 1, 1, 'help'), severity: 'warning' }, new SourceFile({ path: 'a.yaml', content: 'x' }), (part, text) => `<${part}>${text}</>`);
  expect(painted).toBe([
    '<warning>warning[bad-name]</><title>: no name</>', ' <frame>--></> a.yaml:1:1', '  <frame>|</>', '<frame>1</> <frame>|</> x', '  <frame>|</> <warning>^</> <help>help</>',
  ].join('\n'));
});

test('position and offset are each other\'s inverse, with pairs and line ends of both kinds', () => {
  const file = new SourceFile({ path: 'a', content: 'a😀b\r\n😀😀\n\nc😀' });
  const starts = [0, 1, 3, 4, 6, 8, 10, 11, 12, 13, 15];
  expect(starts.map((offset) => file.offset(file.position(offset)))).toEqual(starts);
  expect(file.position(5)).toEqual({ line: 1, column: 4 });
  expect(file.position(8)).toEqual({ line: 2, column: 2 });
  expect(file.position(99)).toEqual({ line: 4, column: 3 });
});
