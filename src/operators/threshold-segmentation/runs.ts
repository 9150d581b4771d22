/** A list of whole numbers that doubles its memory when it is full. */
export class NumberList {
  private numbers = new Int32Array(1024);
  length = 0;

  at(index: number): number {
    return this.numbers[index]!;
  }

  set(index: number, value: number): void {
    this.numbers[index] = value;
  }

  push(value: number): void {
    if (this.length === this.numbers.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length++] = value;
  }
}

/** The runs of foreground of one slice, row by row: columns from `start` up to, not including, `end`. */
export class SliceRuns {
  readonly start = new NumberList();
  readonly end = new NumberList();
  readonly label = new NumberList();
  /** Index of the first run of each row begun so far, and of the row after. */
  private readonly rows = new NumberList();

  clear(): void {
    for (const list of [this.start, this.end, this.label, this.rows]) list.length = 0;
  }

  beginRow(): void {
    this.rows.push(this.label.length);
  }

  add(start: number, end: number, label: number): void {
    this.start.push(start);
    this.end.push(end);
    this.label.push(label);
  }

  /** Index of the first run of a row. */
  from(row: number): number {
    return this.rows.at(row);
  }

  /** Index after the last run of a row. */
  to(row: number): number {
    return row + 1 < this.rows.length ? this.rows.at(row + 1) : this.label.length;
  }

  /** True where the row has been begun. */
  has(row: number): boolean {
    return row >= 0 && row < this.rows.length;
  }
}
