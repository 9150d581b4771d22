/** What an operator takes while it runs. */
export interface Demand {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly gpus: number;
}

/** What this platform's operators may use together. */
export type Capacity = Demand;

export type Priority = 'lower' | 'normal' | 'higher' | 'immediate';

/** An operator whose inputs are all there. */
export interface Waiting<Key> {
  readonly key: Key;
  readonly demand: Demand;
  readonly priority: Priority;
  /** Place of its job in time: within a priority, operators of older jobs come first. */
  readonly order: number;
}

export interface Picked<Key> {
  readonly key: Key;
  /** The devices that are its own while it runs. */
  readonly gpus: readonly number[];
}

/** How often each priority is picked where all three wait; immediate ones have a queue of their own. */
const shares = { lower: 1, normal: 2, higher: 4 } as const;
type Shared = keyof typeof shares;
const shared: readonly Shared[] = ['higher', 'normal', 'lower'];

/**
 * A waiting operator that was passed over this often by smaller ones holds back what would use the resources it lacks,
 * so that a big one gets its turn.
 */
const patience = 32;

/** So many of a queue are looked at for one that fits, so that a queue of any length costs the same. */
const lookAhead = 256;

interface Entry<Key> extends Waiting<Key> {
  passed: number;
}

/**
 * Decides which waiting operators may run: those whose demand fits what is free; immediate ones before all others, else
 * by share (stride scheduling), older jobs first. Holds no clock and starts nothing; equal calls give equal answers.
 */
export class Scheduler<Key> {
  readonly #capacity: Capacity;
  readonly #queues: Readonly<Record<Priority, Entry<Key>[]>> = { lower: [], normal: [], higher: [], immediate: [] };
  readonly #strides: Record<Shared, number> = { lower: 0, normal: 0, higher: 0 };
  readonly #running = new Map<Key, { readonly demand: Demand; readonly gpus: readonly number[] }>();
  #cpus: number;
  #memoryMb: number;
  /** Free devices, lowest number first. */
  #gpus: number[];

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
    this.#cpus = capacity.cpus;
    this.#memoryMb = capacity.memoryMb;
    this.#gpus = Array.from({ length: capacity.gpus }, (_, index) => index);
  }

  get capacity(): Capacity {
    return this.#capacity;
  }

  get running(): number {
    return this.#running.size;
  }

  /** What runs. */
  inUse(): Key[] {
    return [...this.#running.keys()];
  }

  /** Puts an operator in line. */
  add(waiting: Waiting<Key>): void {
    const queue = this.#queues[waiting.priority];
    // A priority that had nothing to do gets no credit for that.
    if (queue.length === 0 && waiting.priority !== 'immediate') {
      const others = shared.filter((priority) => this.#queues[priority].length > 0).map((priority) => this.#strides[priority]);
      this.#strides[waiting.priority] = Math.max(this.#strides[waiting.priority], others.length === 0 ? 0 : Math.min(...others));
    }
    queue.splice(placeFor(queue, waiting.order), 0, { ...waiting, passed: 0 });
  }

  /** Takes operators out of the line, running ones excepted. */
  remove(matches: (key: Key) => boolean): void {
    for (const queue of Object.values(this.#queues)) {
      for (let index = queue.length - 1; index >= 0; index -= 1) if (matches(queue[index]!.key)) queue.splice(index, 1);
    }
  }

  /** Counts an operator that runs already, with the devices it has: one that was found again after a restart. */
  occupy(key: Key, demand: Demand, gpus: readonly number[]): void {
    this.#running.set(key, { demand, gpus });
    this.#cpus -= demand.cpus;
    this.#memoryMb -= demand.memoryMb;
    this.#gpus = this.#gpus.filter((device) => !gpus.includes(device));
  }

  /** Gives back what an operator had. */
  release(key: Key): void {
    const used = this.#running.get(key);
    if (used === undefined) return;
    this.#running.delete(key);
    this.#cpus += used.demand.cpus;
    this.#memoryMb += used.demand.memoryMb;
    this.#gpus = [...this.#gpus, ...used.gpus].filter((device) => device < this.#capacity.gpus).sort((a, b) => a - b);
  }

  /** The next operator that is to run, counted as running from now on; undefined where none fits or none waits. */
  next(): Picked<Key> | undefined {
    if (this.#queues.immediate.length > 0) return this.#takeFirst('immediate', nothing);
    const starved = this.#starved();
    if (starved !== undefined && this.#fits(starved.demand, nothing)) return this.#take(starved);
    const skipped: Shared[] = [];
    for (const priority of this.#byStride()) {
      const picked = this.#takeFirst(priority, starved?.demand ?? nothing);
      if (picked !== undefined) {
        for (const other of skipped) this.#queues[other][0]!.passed += 1;
        return picked;
      }
      skipped.push(priority);
    }
    return undefined;
  }

  #byStride(): Shared[] {
    return shared.filter((priority) => this.#queues[priority].length > 0).sort((a, b) => this.#strides[a] - this.#strides[b]);
  }

  #takeFirst(priority: Priority, reserved: Demand): Picked<Key> | undefined {
    const queue = this.#queues[priority];
    const window = Math.min(queue.length, lookAhead);
    for (let index = 0; index < window; index += 1) {
      const entry = queue[index]!;
      if (!this.#fits(entry.demand, reserved)) continue;
      for (let earlier = 0; earlier < index; earlier += 1) queue[earlier]!.passed += 1;
      return this.#take(entry);
    }
    return undefined;
  }

  #take(entry: Entry<Key>): Picked<Key> {
    const queue = this.#queues[entry.priority];
    queue.splice(queue.indexOf(entry), 1);
    if (entry.priority !== 'immediate') this.#strides[entry.priority] += 1 / shares[entry.priority];
    const gpus = this.#gpus.slice(0, entry.demand.gpus);
    this.occupy(entry.key, entry.demand, gpus);
    return { key: entry.key, gpus };
  }

  /** The waiting operator that was passed over most, if its patience is at an end. */
  #starved(): Entry<Key> | undefined {
    let starved: Entry<Key> | undefined;
    for (const priority of shared) {
      const first = this.#queues[priority][0];
      if (first !== undefined && first.passed >= patience && first.passed > (starved?.passed ?? 0)) starved = first;
    }
    return starved;
  }

  /** Whether a demand fits what is free and leaves what is reserved, as far as it takes of the same resource. */
  #fits(demand: Demand, reserved: Demand): boolean {
    const fits = (free: number, wanted: number, kept: number) => wanted === 0 || wanted + kept <= free;
    return fits(this.#cpus, demand.cpus, reserved.cpus) && fits(this.#memoryMb, demand.memoryMb, reserved.memoryMb)
      && fits(this.#gpus.length, demand.gpus, reserved.gpus);
  }
}

const nothing: Demand = { cpus: 0, memoryMb: 0, gpus: 0 };

/** Behind all of the same or an earlier order: the queue is sorted, and keeps the sequence of equals. */
function placeFor(queue: readonly { readonly order: number }[], order: number): number {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (queue[middle]!.order <= order) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What of a demand is more than there is at all, as sentences with the numbers; empty where it fits. */
export function neverFits(demand: Demand, capacity: Capacity): string[] {
  const parts: readonly (readonly [keyof Demand, string, string])[] = [['cpus', 'CPUs', ''], ['memoryMb', 'memory', ' MB'], ['gpus', 'GPUs', '']];
  return parts.filter(([key]) => demand[key] > capacity[key])
    .map(([key, what, unit]) => `${what}: it requests ${demand[key]}${unit}, the platform has ${capacity[key]}${unit}`);
}
