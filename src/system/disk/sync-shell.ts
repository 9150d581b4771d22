import { spawn, type ChildProcess } from 'node:child_process';
import { type Socket } from 'node:net';

const shell = '/bin/sh';
/** A line asks, a line answers; it ends with whoever could ask. */
const script = 'while read -r _; do sync -f "$1" && echo done || echo failed; done';
/** Milliseconds after which a sync counts as failed. */
const patienceMs = 60_000;
/** Milliseconds without a sync after which the shell ends. */
const idleMs = 2000;

interface Running {
  readonly child: ChildProcess;
  /** Told of the answer; undefined while nothing is asked. */
  answer: ((synced: boolean) => void) | undefined;
  /** Ends it where it is slow, or not needed. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * syncfs(2) for Node.js, which has no such call: the program `sync -f`, started by a small shell that stays for a while.
 * To fork a server takes ten times as long, and holds it up meanwhile.
 */
export class SyncShell {
  readonly #folder: string;
  #running: Running | undefined;

  /** @param folder any folder of the file system that is synced */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether all that was written to the file system before is on the disk. Calls must not overlap. */
  sync(): Promise<boolean> {
    const running = this.#running ??= this.#start();
    return new Promise((resolve) => {
      this.#setTimer(running, patienceMs, () => this.#end(running, 'SIGKILL'));
      running.answer = resolve;
      (running.child.stdin as Socket).ref().write('sync\n');
    });
  }

  #start(): Running {
    // In a session of its own: Ctrl-C is for the server, which may have something to put on the disk then.
    const child = spawn(shell, ['-c', script, 'clara-sync', this.#folder], { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/', detached: true });
    const running: Running = { child, answer: undefined, timer: undefined };
    const gone = () => this.#end(running);
    child.once('error', gone).once('exit', gone).unref();
    // That it is gone is told by `exit`.
    (child.stdin as Socket).on('error', () => undefined).unref();
    (child.stdout as Socket).setEncoding('utf8').on('data', (line: string) => {
      this.#setTimer(running, idleMs, () => this.#end(running));
      answer(running, line === 'done\n');
    }).unref();
    return running;
  }

  #setTimer(running: Running, ms: number, then: () => void): void {
    clearTimeout(running.timer);
    running.timer = setTimeout(then, ms).unref();
  }

  #end(running: Running, signal?: 'SIGKILL'): void {
    if (this.#running === running) this.#running = undefined;
    clearTimeout(running.timer);
    if (signal !== undefined) running.child.kill(signal);
    running.child.stdin?.destroy();
    answer(running, false);
  }
}

function answer(running: Running, synced: boolean): void {
  const { answer: tell } = running;
  running.answer = undefined;
  (running.child.stdin as Socket).unref();
  tell?.(synced);
}
