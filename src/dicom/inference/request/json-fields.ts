/** One value of a JSON body and its place. What is asked of it and does not hold is added to the list of problems. */
export class JsonField {
  readonly value: unknown;
  /** `inputResources[1].interface`. */
  readonly path: string;
  readonly #problems: string[];

  constructor(value: unknown, path: string, problems: string[]) {
    this.value = value ?? undefined;
    this.path = path;
    this.#problems = problems;
  }

  get isGiven(): boolean {
    return this.value !== undefined;
  }

  complain(what: string): undefined {
    this.#problems.push(this.path === '' ? what : `${this.path}: ${what}`);
    return undefined;
  }

  /** A property, by the first of these names that is there, in any case, as .NET reads them. */
  get(name: string, ...aliases: readonly string[]): JsonField {
    const path = this.path === '' ? name : `${this.path}.${name}`;
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) return new JsonField(undefined, path, this.#problems);
    const entries = Object.entries(this.value);
    const found = [name, ...aliases].map((wanted) => entries.find(([key]) => key.toLowerCase() === wanted.toLowerCase())?.[1] as unknown).find((value) => value !== undefined && value !== null);
    return new JsonField(found, path, this.#problems);
  }

  /** The entries of a list; none where it is missing. */
  items(): JsonField[] {
    if (!this.isGiven) return [];
    if (!Array.isArray(this.value)) {
      this.complain('must be a list');
      return [];
    }
    return (this.value as unknown[]).map((item, index) => new JsonField(item, `${this.path}[${index}]`, this.#problems));
  }

  /** A text that is not blank. */
  text(what: string): string | undefined {
    if (typeof this.value === 'string' && this.value.trim() !== '') return this.value;
    return this.complain(this.isGiven && typeof this.value !== 'string' ? `must be a text: ${what}` : `is missing: ${what}`);
  }

  /** One of these words, without regard to case, hyphens, blanks and underscores. */
  word<Word extends string>(words: readonly Word[], fallback?: Word): Word | undefined {
    if (!this.isGiven && fallback !== undefined) return fallback;
    const found = words.find((word) => typeof this.value === 'string' && fold(word) === fold(this.value));
    return found ?? this.complain(`${this.isGiven ? 'must be' : 'is missing:'} ${words.join(', ').replace(/, ([^,]*)$/, ' or $1')}`);
  }
}

const fold = (word: string) => word.toLowerCase().replace(/[-_ ]/g, '');
