import { foldName, quoted, visible } from '../../core/names.ts';
import { nearest } from '../../core/text/nearest.ts';
import { type Findings } from '../findings.ts';
import { type DefinitionFile } from '../model.ts';
import { readDefinition } from '../read.ts';
import { SourceFile, type Mapping, type Place } from '../source.ts';
import { importTarget, normalPath } from './import-path.ts';

/** Bytes of all files of one definition (design limit). */
export const definitionLimit = 4 * 1024 * 1024;

/** A file from elsewhere, or why it cannot be had; `refused` goes on after the file's name. */
export type FoundFile = { readonly content: string } | { readonly refused: string; readonly help?: string };

/** Gets a file that is not in the set, by its normal path; whoever loads a definition from a disk has one. */
export type FindFile = (path: string) => FoundFile | undefined;

/** One file that was imported at least once; the document is undefined where it has none, and the findings say why. */
export interface ImportedFile {
  readonly path: string;
  readonly document: Mapping | undefined;
}

/** The files of one definition: looks them up and reads each once. */
export class DefinitionSet {
  readonly root: SourceFile;
  readonly #findings: Findings;
  readonly #find: FindFile | undefined;
  readonly #files = new Map<string, { readonly definition: DefinitionFile; readonly source: SourceFile }>();
  readonly #folded = new Map<string, string>();
  readonly #read = new Map<string, ImportedFile>();
  #bytes = 0;

  constructor(root: SourceFile, files: readonly DefinitionFile[], findings: Findings, find: FindFile | undefined) {
    this.root = root;
    this.#findings = findings;
    this.#find = find;
    for (const [index, file] of files.entries()) this.#keep(file, index === 0 ? root : new SourceFile(file));
  }

  /** The root, then what was imported in the order of its first use. */
  get used(): readonly DefinitionFile[] {
    return [normalPath(this.root.path), ...this.#read.keys()].flatMap((path) => this.#files.get(path)?.definition ?? []);
  }

  /** Files of the set that nothing imports. */
  get unused(): readonly SourceFile[] {
    return [...this.#files].filter(([path, { source }]) => source !== this.root && !this.#read.has(path)).map(([, { source }]) => source);
  }

  isRoot(path: string): boolean {
    return this.#files.get(path)?.source === this.root;
  }

  /** Reads the root; undefined where there is nothing to check. */
  readRoot(): Mapping | undefined {
    return readDefinition(this.root, this.#findings);
  }

  /** The file that an import means; undefined where there is none, and the findings say so. */
  open(written: string, place: Place): ImportedFile | undefined {
    const target = importTarget(place.file.path, written);
    if (target.kind === 'refused') {
      this.#findings.add('bad-import', place, `the import path ${quoted(written)} ${target.why}`, { property: 'import.path', help: target.help });
      return undefined;
    }
    const path = this.#locate(target.path, written, place);
    if (path === undefined) return undefined;
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const { source } = this.#files.get(path)!;
    const imported = { path, document: source === this.root ? undefined : readDefinition(source, this.#findings) };
    if (source !== this.root) this.#read.set(path, imported);
    return imported;
  }

  #locate(target: string, written: string, place: Place): string | undefined {
    if (this.#files.has(target)) return target;
    const found = this.#find?.(target);
    if (found !== undefined) return this.#take(target, found, place);
    const other = this.#folded.get(foldName(target));
    if (other !== undefined) {
      this.#findings.add('import-case', place, `the file ${quoted(target)} is spelled ${quoted(other)}`, { property: 'import.path', help: 'write it as the file is named' });
      return other;
    }
    this.#findings.add('unknown-import', place, `the file ${quoted(target)} is not part of the definition`, { property: 'import.path', help: this.#meant(target, written) });
    return undefined;
  }

  #take(path: string, found: FoundFile, place: Place): string | undefined {
    if ('refused' in found) {
      this.#findings.add('bad-import', place, `the file ${quoted(path)} ${found.refused}`, { property: 'import.path', help: found.help });
      return undefined;
    }
    const other = this.#folded.get(foldName(path));
    if (other !== undefined) {
      this.#findings.add('duplicate-file', place, `the files ${quoted(other)} and ${quoted(path)} differ only by case`, { property: 'import.path', help: 'a platform joins them to one; rename one of them' });
    }
    const file = { path, content: found.content };
    if (!this.#fits(file, place)) return undefined;
    this.#keep(file, new SourceFile(file));
    return path;
  }

  #meant(target: string, written: string): string | undefined {
    const others = [...this.#files].filter(([, { source }]) => source !== this.root).map(([path]) => path);
    const near = nearest(target, others);
    if (near !== undefined) return `did you mean ${quoted(near)}?`;
    if (/%[0-9a-f]{2}/i.test(written)) return 'paths are taken as they are written: "%20" is no blank';
    if (this.#find !== undefined) return 'there is no such file';
    if (others.length === 0) return 'the definition has no other file';
    return `it has ${others.slice(0, 5).map(visible).join(', ')}${others.length > 5 ? ' …' : ''}`;
  }

  #fits(file: DefinitionFile, place: Place): boolean {
    if (this.#bytes + Buffer.byteLength(file.content) <= definitionLimit) return true;
    this.#findings.add('too-large', place, `with the file ${quoted(file.path)} the definition is larger than 4 MiB (${definitionLimit} bytes)`);
    return false;
  }

  #keep(definition: DefinitionFile, source: SourceFile): void {
    const path = normalPath(source.path);
    this.#bytes += Buffer.byteLength(definition.content);
    if (this.#files.has(path)) return;
    this.#files.set(path, { definition, source });
    this.#folded.set(foldName(path), path);
  }
}
