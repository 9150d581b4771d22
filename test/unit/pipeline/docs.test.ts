import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findingCodes, type FindingCode } from '../../../src/pipeline/findings.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { root } from '../../helpers/run.ts';

const page = readFileSync(join(root, 'docs/pipeline-language.md'), 'utf8');

interface Example {
  /** The code whose paragraph it stands in; undefined before the list of codes. */
  readonly code: string | undefined;
  readonly expected: 'fails' | 'passes';
  readonly content: string;
  /** The files that were shown before it under the same title, by path. */
  readonly parts: ReadonlyMap<string, string>;
}

function examples(): readonly Example[] {
  const found: Example[] = [];
  let code: string | undefined;
  let parts = new Map<string, string>();
  for (const [, title, expected, asItIs, part, body] of page.matchAll(/^#+ (.*)$|^```yaml (?:(fails|passes)( as it is)?|file (\S+))\n([^]*?)^```$/gm)) {
    if (title !== undefined) [code, parts] = [/^`([a-z0-9-]+)`$/.exec(title)?.[1], new Map()];
    else if (part !== undefined) parts.set(part, body!);
    else found.push({ code, expected: expected as Example['expected'], content: asItIs === undefined ? completed(body!) : body!, parts });
  }
  return found;
}

/** What is found in an example. That services are deprecated is not repeated with every one of them, nor that the other example's file is not used. */
function findingsOf({ code, content, parts }: Example) {
  const files = [['example.yaml', content] as const, ...parts].map(([path, text]) => ({ path, content: text }));
  const { findings, pipeline } = loadPipeline(files);
  return { pipeline, findings: findings.filter((finding) => finding.code === code || (finding.code !== 'deprecated-services' && finding.code !== 'unused-file')) };
}

/** Adds what the page says that examples leave out. */
function completed(body: string): string {
  if (body.startsWith('- ')) return `api-version: 0.4.0\nname: example\noperators:\n${body}`;
  return /^api-version: /m.test(body) ? body : `api-version: 0.4.0\nname: example\n${body}`;
}

const headings = [...page.matchAll(/^#### `([a-z0-9-]+)`$/gm)].map(([, code]) => code);

/** Cannot be shown in a page: they need many files, bytes that are no text, or thousands of lines. limits.test.ts has them. */
const withoutExample: readonly FindingCode[] = [
  'no-file', 'too-large', 'duplicate-file', 'not-text', 'not-utf8', 'too-many-operators', 'more-errors', 'more-warnings',
];

test('every code has its paragraph, once, and no paragraph is about another', () => {
  expect([...headings].sort()).toEqual(Object.keys(findingCodes).sort());
});

test('a paragraph says whether its code is a warning', () => {
  for (const [, code, first] of page.matchAll(/^#### `([a-z0-9-]+)`\n\n(.*)$/gm)) {
    expect([code, first!.startsWith('A warning: ')]).toEqual([code, findingCodes[code as FindingCode] === 'warning']);
  }
});

test('every code has an example that fails and one that passes', () => {
  const shown = (expected: string) => examples().filter((example) => example.code !== undefined && example.expected === expected).map(({ code }) => code).sort();
  const wanted = Object.keys(findingCodes).filter((code) => !(withoutExample as readonly string[]).includes(code)).sort();
  expect({ fails: shown('fails'), passes: shown('passes') }).toEqual({ fails: wanted, passes: wanted });
});

describe('the examples of the page behave as it says', () => {
  test.each(examples().filter(({ expected }) => expected === 'fails'))('$code fails', (example) => {
    const { findings, pipeline } = findingsOf(example);
    expect([...new Set(findings.map((finding) => finding.code))]).toEqual([example.code]);
    expect(pipeline === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
  });

  test.each(examples().filter(({ expected }) => expected === 'passes'))('$code passes', (example) => {
    expect(findingsOf(example).findings).toEqual([]);
  });
});
