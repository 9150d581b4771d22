import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
import { nearest } from '../../core/text/nearest.ts';
import { type Finding } from './findings.ts';

/** What readers of one file share. */
export interface ReadingFile {
  readonly file: string;
  readonly document: Document;
  lineOf(node: Node | null | undefined): number | undefined;
  readonly findings: Finding[];
}

/** A value and where it is, for complaints. */
export interface Found {
  readonly value: unknown;
  /** As it is written, for single values and the entries of lists: an id such as `12e4…` is no number. */
  readonly texts: readonly string[];
  readonly line: number | undefined;
  complain(message: string, level?: Finding['level']): void;
}

/** Keys are equal without regard to case and hyphens: `max-associations` is `maxAssociations`. */
const fold = (key: string) => key.toLowerCase().replace(/[-_]/g, '');

/** Reads a map key by key; what nobody asked for is reported in the end. */
export class NodeReader {
  readonly #at: ReadingFile;
  readonly #map: YAMLMap | undefined;
  readonly #path: string;
  readonly #known: string[] = [];
  readonly #used = new Set<Pair>();

  constructor(at: ReadingFile, map: YAMLMap | undefined, path: string) {
    this.#at = at;
    this.#map = map;
    this.#path = path;
  }

  /** The file that it reads. */
  get file(): string {
    return this.#at.file;
  }

  /** Errors and warnings so far, in the whole file. */
  get complaints(): number {
    return this.#at.findings.length;
  }

  /** Whether the section is in the file. */
  get exists(): boolean {
    return this.#map !== undefined;
  }

  /** The value of a key: the documented name first, then its aliases. `null` counts as left out. */
  get(name: string, ...aliases: readonly string[]): Found | undefined {
    const node = this.#find(name, aliases);
    if (node === undefined) return undefined;
    const texts = isSeq(node) ? node.items.map((item) => written(item as Node)) : [written(node)];
    return { value: isScalar(node) ? node.value : node.toJSON(), texts, line: this.#at.lineOf(node), complain: (message, level = 'error') => this.#report(level, node, name, message) };
  }

  section(name: string, ...aliases: readonly string[]): NodeReader {
    const node = this.#find(name, aliases);
    if (node !== undefined && !isMap(node)) this.#report('error', node, name, `must be a section with keys of its own${hintFor(node)}`);
    return new NodeReader(this.#at, isMap(node) ? node : undefined, this.#below(name));
  }

  /** The entries of a list of sections. */
  entries(name: string, ...aliases: readonly string[]): NodeReader[] {
    const node = this.#find(name, aliases);
    if (node === undefined) return [];
    if (!isSeq(node)) {
      this.#report('error', node, name, 'must be a list: `- ` begins each entry, or `[ ]` holds them');
      return [];
    }
    return node.items.flatMap((item, index) => {
      if (isMap(item)) return [new NodeReader(this.#at, item, `${this.#below(name)}[${index}]`)];
      this.#report('error', item as Node, name, `entry ${index + 1} must have keys of its own${hintFor(item as Node)}`);
      return [];
    });
  }

  /** All pairs of a map of texts, numbers included. */
  texts(name: string, ...aliases: readonly string[]): Record<string, string> {
    const reader = this.section(name, ...aliases);
    const pairs = reader.#map?.items ?? [];
    return Object.fromEntries(pairs.map((pair) => [String((pair.key as { value?: unknown }).value), written(pair.value as Node | null)]));
  }

  /** Complains about the section as a whole. */
  complain(message: string, level: Finding['level'] = 'error'): void {
    this.#report(level, this.#map, undefined, message);
  }

  /** Takes a key as known without reading it. */
  skip(...names: readonly string[]): void {
    for (const name of names) this.#find(name, []);
  }

  /** Reports what nobody asked for. */
  finish(): void {
    for (const pair of this.#map?.items ?? []) {
      if (this.#used.has(pair)) continue;
      const key = String((pair.key as { value?: unknown }).value);
      const near = this.#known.find((name) => fold(name) === fold(key)) ?? nearest(key, this.#known);
      const again = near !== undefined && fold(near) === fold(key);
      this.#report(again ? 'error' : 'warning', pair.key as Node, undefined, again ? `\`${key}\` is there twice; keep one of them` : `unknown key \`${key}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`);
    }
  }

  #find(name: string, aliases: readonly string[]): Node | undefined {
    this.#known.push(name, ...aliases);
    for (const wanted of [name, ...aliases]) {
      const pair = this.#map?.items.find((candidate) => isScalar(candidate.key) && fold(String(candidate.key.value)) === fold(wanted));
      if (pair === undefined) continue;
      this.#used.add(pair);
      const value = pair.value as Node | null;
      const node = isAlias(value) ? value.resolve(this.#at.document) : value;
      if (isAlias(value) && node === undefined) this.#report('error', value, wanted, `\`*${value.source}\` stands for nothing: there is no \`&${value.source}\` before it`);
      if (node === undefined || node === null || (isScalar(node) && node.value === null)) continue;
      return node;
    }
    return undefined;
  }

  #below(name: string): string {
    return this.#path === '' ? name : `${this.#path}>${name}`;
  }

  #report(level: Finding['level'], node: Node | null | undefined, name: string | undefined, message: string): void {
    this.#at.findings.push({ level, file: this.#at.file, line: this.#at.lineOf(node), path: name === undefined ? this.#path : this.#below(name), message });
  }
}

/** What may have been meant by a text where keys belong. */
function hintFor(node: Node): string {
  if (!isScalar(node) || typeof node.value !== 'string') return '';
  const [, key, value] = /^([\w-]+):(\S.*)$/.exec(node.value) ?? [];
  return key === undefined ? `, not ${JSON.stringify(node.value)}` : `; write a blank after the colon: \`${key}: ${value}\``;
}

function written(node: Node | null): string {
  if (!isScalar(node) || node.value === null) return '';
  return node.type === 'PLAIN' && node.source !== undefined ? node.source : String(node.value);
}
