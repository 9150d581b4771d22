import { type Socket } from 'node:net';
import { type ScpAssociation } from './association.ts';

/** Who is in: connections without an association, requests that wait for room, associations. */
export class Admission {
  readonly #limits: { readonly associations: number; readonly waiting: number; readonly silent: number };
  readonly #sockets = new Map<ScpAssociation, Socket>();
  /** In the order of their coming: connections that have not asked yet, and those that only have to close. */
  readonly #silent = new Set<ScpAssociation>();
  readonly #waiting = new Map<ScpAssociation, () => void>();
  readonly #inside = new Set<ScpAssociation>();
  #emptied: (() => void) | undefined;
  #isStopped = false;

  constructor(limits: { readonly associations: number; readonly waiting: number; readonly silent: number }) {
    this.#limits = limits;
  }

  counts(): { readonly associations: number; readonly waiting: number; readonly silent: number } {
    return { associations: this.#inside.size, waiting: this.#waiting.size, silent: this.#silent.size };
  }

  /** A connection has been made. */
  add(association: ScpAssociation, socket: Socket): void {
    if (socket.destroyed || this.#isStopped) {
      socket.destroy();
      return;
    }
    this.#sockets.set(association, socket);
    socket.once('close', () => {
      this.#sockets.delete(association);
      this.#silent.delete(association);
      this.#checkEmpty();
    });
    this.#beSilent(association);
  }

  /** A connection has asked for an association: `go` is called when there is room. False: too many wait. */
  enter(association: ScpAssociation, go: () => void): boolean {
    if (this.#inside.size < this.#limits.associations) {
      this.#silent.delete(association);
      this.#inside.add(association);
      go();
    } else if (this.#waiting.size < this.#limits.waiting) {
      this.#silent.delete(association);
      this.#waiting.set(association, go);
    } else return false;
    return true;
  }

  /** It is over; its place goes to whoever waits longest. */
  left(association: ScpAssociation): void {
    this.#waiting.delete(association);
    const hadPlace = this.#inside.delete(association);
    // Who only has to close counts among the silent.
    if (this.#sockets.get(association)?.destroyed === false) this.#beSilent(association);
    if (hadPlace && !this.#isStopped) {
      for (const [next, go] of this.#waiting) {
        this.#waiting.delete(next);
        this.#inside.add(next);
        go();
        break;
      }
    }
    this.#checkEmpty();
  }

  /** Cuts what has no association, ends the others when their message has ended. */
  stop(why: string): void {
    this.#isStopped = true;
    for (const association of [...this.#silent, ...this.#waiting.keys()]) association.drop(why);
    for (const association of [...this.#inside]) association.stop(why);
  }

  abort(why: string): void {
    for (const association of [...this.#inside]) association.abort(why);
  }

  drop(why: string): void {
    for (const association of [...this.#sockets.keys()]) association.drop(why);
  }

  /** Whether all connections were closed and all handlers done within this time; without a time, when they are. */
  async isEmptyWithin(ms?: number): Promise<boolean> {
    if (this.#isEmpty()) return true;
    let timer: NodeJS.Timeout | undefined;
    const emptied = new Promise<boolean>((resolve) => { this.#emptied = () => resolve(true); });
    const late = new Promise<boolean>((resolve) => { if (ms !== undefined) timer = setTimeout(resolve, ms, false); });
    const result = await Promise.race([emptied, late]);
    clearTimeout(timer);
    return result;
  }

  #beSilent(association: ScpAssociation): void {
    this.#silent.add(association);
    if (this.#silent.size <= this.#limits.silent) return;
    for (const oldest of this.#silent) {
      this.#silent.delete(oldest);
      oldest.drop('too many connections without an association');
      break;
    }
  }

  #isEmpty(): boolean {
    return this.#sockets.size === 0 && this.#inside.size === 0;
  }

  #checkEmpty(): void {
    if (this.#isEmpty()) this.#emptied?.();
  }
}
