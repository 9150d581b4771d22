import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Folders of src/ from the bottom up: a file imports from its own folder and from those above it in this list. */
const layers = ['core', 'pipeline', 'system', 'config', 'tools', 'pixels', 'api', 'actions', 'operators', 'terminal'];
const programs = ['platform', 'dicom', 'workflow', 'cli'];
const root = resolve(import.meta.dirname, '../..');
const src = join(root, 'src');

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Where it is allowed: prefixes of paths below src/. */
  readonly allowed: readonly string[];
}

const pureImports = /from '(node:(?!crypto|path\/posix)[a-z/_]+|execa|@grpc\/grpc-js|better-sqlite3|pino|fastify)'/;
const rules: readonly Rule[] = [
  { name: 'core and pipeline do no I/O', pattern: pureImports, allowed: [...layers.slice(2), ...programs].map((l) => `${l}/`) },
  { name: 'only system starts processes', pattern: /from '(node:child_process|child_process|execa)'/, allowed: ['system/'] },
  { name: 'only config reads the environment', pattern: /process\.env\b/, allowed: ['config/'] },
  { name: 'only terminal/output prints', pattern: /\bconsole\.|process\.(stdout|stderr)\b/, allowed: ['terminal/output/', 'operators/contract/'] },
  { name: 'only the outermost function ends the process', pattern: /process\.exit\(/, allowed: ['terminal/process.ts', 'platform/main.ts', 'dicom/main.ts', 'operators/contract/'] },
];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('api/generated/'));

function lines(file: string): string[] {
  return readFileSync(join(src, file), 'utf8').split('\n');
}

test('imports go down the list of layers, and programs never import each other', () => {
  const broken: string[] = [];
  for (const file of files) {
    const from = file.split('/')[0]!;
    for (const [index, line] of lines(file).entries()) {
      const target = /(?:from|import\()\s*'(\.[^']+)'/.exec(line)?.[1];
      if (target === undefined) continue;
      const to = relative(src, resolve(src, dirname(file), target)).split('/')[0]!;
      if (to === from || to === '..') continue;
      const legal = programs.includes(from) ? layers.includes(to) : layers.indexOf(to) >= 0 && layers.indexOf(to) < layers.indexOf(from);
      if (!legal) broken.push(`src/${file}:${index + 1}: ${from} must not import ${to}`);
    }
  }
  expect(broken).toEqual([]);
});

test('the DICOM network and file formats know nothing of the adapter', () => {
  const broken: string[] = [];
  for (const file of files.filter((name) => /^dicom\/(net|part10|transcode|uids)\//.test(name))) {
    for (const [index, line] of lines(file).entries()) {
      const target = /from\s*'(\.[^']+)'/.exec(line)?.[1];
      if (target === undefined) continue;
      const to = relative(src, resolve(src, dirname(file), target));
      if (!/^(core|pixels|dicom\/(net|part10|transcode|uids))\//.test(to)) broken.push(`src/${file}:${index + 1}: imports ${to}`);
    }
  }
  expect(broken).toEqual([]);
});

test.each(rules)('$name', ({ pattern, allowed }) => {
  const broken: string[] = [];
  for (const file of files) {
    if (allowed.some((prefix) => file.startsWith(prefix))) continue;
    for (const [index, line] of lines(file).entries()) {
      const code = line.trimStart();
      if (code.startsWith('*') || code.startsWith('//') || code.startsWith('/*')) continue;
      if (pattern.test(line)) broken.push(`src/${file}:${index + 1}: ${line.trim()}`);
    }
  }
  expect(broken).toEqual([]);
});

test('no file is over 500 lines, no folder over fifteen files', () => {
  const tooLong = files.filter((file) => lines(file).length > 500);
  const perFolder = new Map<string, number>();
  for (const file of files) perFolder.set(dirname(file), (perFolder.get(dirname(file)) ?? 0) + 1);
  const tooMany = [...perFolder].filter(([, count]) => count > 15).map(([folder, count]) => `src/${folder}: ${count} files`);
  expect([...tooLong, ...tooMany]).toEqual([]);
});
