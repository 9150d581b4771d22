interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/** Keys that are remembered at once; then it begins anew. */
const mostKeys = 1000;

/** What was looked up a moment ago and has hardly changed since. */
export class Recent<Value> {
  readonly #ms: number;
  readonly #clock: () => number;
  readonly #entries = new Map<string, Entry<Value>>();

  /**
   * @param ms for which an answer is good, in milliseconds
   * @param clock milliseconds on a clock that never jumps
   */
  constructor(ms: number, clock: () => number = () => performance.now()) {
    this.#ms = ms;
    this.#clock = clock;
  }

  /** The answer of a moment ago, or what is found now; what that throws is not remembered. */
  get(key: string, find: () => Value): Value {
    const now = this.#clock();
    const entry = this.#entries.get(key);
    if (entry !== undefined && now < entry.until) return entry.value;
    const value = find();
    if (this.#entries.size >= mostKeys) this.#entries.clear();
    this.#entries.set(key, { value, until: now + this.#ms });
    return value;
  }
}
