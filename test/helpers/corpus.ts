import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type FindFile } from '../../src/pipeline/imports/definition-set.ts';
import { root } from './run.ts';

/** A definition of test/fixtures/pipelines. Its name says what has to be found in it: `code+code--what-it-is.yaml`. */
export interface CorpusEntry {
  readonly name: string;
  readonly content: string;
  readonly codes: readonly string[];
  /** Its parts, which lie in `parts/` beside it. */
  readonly find: FindFile;
}

const folder = join(root, 'test/fixtures/pipelines');

export function corpus(kind: 'valid' | 'invalid'): readonly CorpusEntry[] {
  const names = readdirSync(join(folder, kind)).filter((name) => name.endsWith('.yaml'));
  // As the platform gets them, bytes that are no UTF-8 come out as U+FFFD.
  const text = (path: string) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(readFileSync(path));
  const find: FindFile = (path) => {
    const file = join(folder, kind, path);
    return existsSync(file) && statSync(file).isFile() ? { content: text(file) } : undefined;
  };
  return names.map((name) => ({ name, content: text(join(folder, kind, name)), codes: name.includes('--') ? name.split('--')[0]!.split('+').sort() : [], find }));
}
