import { spawn, type ChildProcess } from 'node:child_process';
import { type Socket } from 'node:net';
import { constants } from 'node:os';
import { messageOf } from '../../core/errors.ts';

/**
 * Starts sandboxes one after the other, and tells how each ends: to fork a small shell takes a tenth of the time that it
 * takes to fork a server, and does not keep the server from its work. Requests come on descriptor 3, where answers go.
 * Files are opened by the server's own descriptors: one that is late finds none, because the server is gone with them.
 * Lines that are no request were meant for a gate that never stood.
 */
const script = `
exec <&3
newline='
'
while IFS= read -r word; do
  [ "$word" = run ] && IFS=' ' read -r gated files log settings status count || continue
  set -- && argument=
  while [ "$count" -gt 0 ] && IFS= read -r word; do
    case $word in
      +*) argument=$argument$newline\${word#+} ;;
      *) set -- "$@" "$argument" && argument=\${word#-} ;;
    esac
    count=$((count - 1))
  done
  set -- "$@" "$argument" && shift
  if [ "$gated" = yes ]; then
    (echo opened >&5; exec "$@") 5<&3 >>"$files/$log" 2>&1 3<"$files/$settings" 4>>"$files/$status" 6>&4 </dev/null
  else
    (echo opened >&5; exec "$@" 5<&-) 5<&3 >>"$files/$log" 2>&1 3<"$files/$settings" 4>>"$files/$status" </dev/null
  fi
  echo "exit $?" >&3 || exit
done
`;
const shell = '/bin/sh';
/** Idle ones that are kept. */
const mostIdle = 12;
/** What every shell reads as it is. */
const plain = /^[\t\n -~]*$/;
/** Characters of a command; they are read one at a time. */
const longestCommand = 16 * 1024;

/** Descriptors of this process: what the program writes its output to, reads as 3, and writes as 4. */
export interface LaunchFiles {
  readonly log: number;
  readonly settings: number;
  readonly status: number;
}

/** A program that was started. */
export interface Launched {
  /** Of the process that watches over it; undefined once it has ended. */
  readonly pid: number | undefined;
  /** Processes between that one and the program's children. */
  readonly wrappers: number;
  /** Whether it has its files: no longer ours to keep open. */
  readonly opened: Promise<boolean>;
  /** Resolves when the gate stands, or with the end. */
  readonly ready: Promise<void>;
  readonly end: Promise<LaunchEnd>;
  hasEnded(): boolean;
  /** Says a word to the gate. */
  say(word: string): void;
}

/** `code`: of a shell, which tells a signal as 128 and its number. */
export type LaunchEnd = { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'gone'; readonly reason: string };

/** Whether a command can be handed to a launcher. */
export function canLaunch(command: readonly string[]): boolean {
  return command.reduce((length, argument) => length + argument.length, 0) <= longestCommand && command.every((argument) => plain.test(argument));
}

/** Starts a program that no launcher can be told of. */
export function launchDirectly([program, ...args]: readonly string[], { log, settings, status }: LaunchFiles): Launched {
  const child = spawn(program!, args, { cwd: '/', env: {}, detached: true, stdio: ['ignore', log, log, settings, status] });
  child.unref();
  let ended = false;
  const end = new Promise<LaunchEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'gone', reason: `it could not be started (${messageOf(error)})` }));
    child.once('exit', (code, signal) => {
      ended = true;
      resolve(code === null ? { kind: 'gone', reason: stoppedBy(signal!) } : { kind: 'exited', code });
    });
  });
  return {
    get pid() { return ended ? undefined : child.pid; },
    wrappers: 0, opened: Promise.resolve(true), ready: Promise.resolve(), end, hasEnded: () => ended, say: () => undefined,
  };
}

/** Why a run is lost, by the name or the number of a signal. */
export function stoppedBy(signal: NodeJS.Signals | number): string {
  const name = typeof signal === 'string' ? signal : Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return `its sandbox was stopped from outside (${name ?? signal})`;
}

/** As many launchers as programs run at once. */
export class Launchers {
  readonly #all = new Set<Launcher>();
  readonly #idle: Launcher[] = [];
  #closed = false;

  /** @param detached once it has fired, what runs is let be, and the launchers go */
  constructor(detached: AbortSignal) {
    detached.addEventListener('abort', () => {
      this.#closed = true;
      for (const launcher of this.#all) launcher.leave();
    }, { once: true });
  }

  /**
   * Starts a program.
   * @param gated whether it gets a descriptor 5 to be talked to, and as 6 the one that it writes as 4
   */
  launch(command: readonly string[], files: LaunchFiles, gated: boolean): Launched {
    const launcher = this.#idle.pop() ?? this.#start();
    return launcher.run(command, files, gated);
  }

  #start(): Launcher {
    const launcher: Launcher = new Launcher({
      onIdle: () => {
        if (this.#closed || this.#idle.length >= mostIdle) launcher.leave();
        else this.#idle.push(launcher);
      },
      onGone: () => {
        this.#all.delete(launcher);
        const at = this.#idle.indexOf(launcher);
        if (at >= 0) this.#idle.splice(at, 1);
      },
    });
    this.#all.add(launcher);
    return launcher;
  }
}

interface Run {
  ended: boolean;
  readonly onOpened: (really: boolean) => void;
  readonly onReady: () => void;
  readonly onEnd: (end: LaunchEnd) => void;
}

class Launcher {
  readonly #child: ChildProcess;
  readonly #channel: Socket;
  readonly #onIdle: () => void;
  #said = '';
  #run: Run | undefined;

  constructor({ onIdle, onGone }: { readonly onIdle: () => void; readonly onGone: () => void }) {
    this.#onIdle = onIdle;
    this.#child = spawn(shell, ['-c', script, 'clara-launcher'], { cwd: '/', env: {}, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const gone = (reason: string) => {
      onGone();
      this.#end({ kind: 'gone', reason });
    };
    this.#child.once('error', (error) => gone(`it could not be started (${messageOf(error)})`)).once('exit', (code, signal) => gone(stoppedBy(signal ?? code!))).unref();
    this.#channel = (this.#child.stdio as readonly unknown[])[3] as Socket;
    // It may close its end at any time; that it is gone is told by `exit`.
    this.#channel.setEncoding('latin1').on('data', (text: string) => this.#hear(text)).on('error', () => undefined).unref();
  }

  run(command: readonly string[], { log, settings, status }: LaunchFiles, gated: boolean): Launched {
    const run = { ended: false } as { -readonly [Key in keyof Run]: Run[Key] };
    const opened = new Promise<boolean>((resolve) => { run.onOpened = resolve; });
    const ready = new Promise<void>((resolve) => { run.onReady = resolve; });
    const end = new Promise<LaunchEnd>((resolve) => { run.onEnd = resolve; });
    this.#run = run;
    const lines = command.flatMap((argument) => argument.split('\n').map((line, index) => `${index === 0 ? '-' : '+'}${line}`));
    this.#channel.write(['run', `${gated ? 'yes' : 'no'} /proc/${process.pid}/fd ${log} ${settings} ${status} ${lines.length}`, ...lines, ''].join('\n'));
    const { pid } = this.#child;
    return {
      get pid() { return run.ended ? undefined : pid; },
      wrappers: 1,
      opened, ready, end,
      hasEnded: () => run.ended,
      say: (word) => {
        if (!run.ended) this.#channel.write(`${word}\n`);
      },
    };
  }

  /** What it runs goes on, unless it waits at a gate. */
  leave(): void {
    this.#channel.destroy();
  }

  #hear(text: string): void {
    const lines = (this.#said + text).split('\n');
    this.#said = lines.pop()!;
    for (const line of lines) {
      if (line === 'opened') this.#run?.onOpened(true);
      else if (line === 'ready') this.#run?.onReady();
      else if (line.startsWith('exit ')) this.#end({ kind: 'exited', code: Number(line.slice(5)) });
    }
  }

  #end(end: LaunchEnd): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return;
    run.ended = true;
    run.onOpened(false);
    run.onReady();
    run.onEnd(end);
    if (end.kind === 'exited') this.#onIdle();
  }
}
