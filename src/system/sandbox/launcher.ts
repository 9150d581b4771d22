import { spawn, type ChildProcess } from 'node:child_process';
import { type Socket } from 'node:net';
import { constants } from 'node:os';
import { messageOf } from '../../core/errors.ts';
import { begunLine } from './status.ts';
import { type View } from './view.ts';

const shell = '/bin/sh';

/**
 * Stands before a command in a sandbox that is set up ahead of its time. One word on descriptor 5 opens it: then it notes
 * on descriptor 6 that the command has begun, and becomes the command. The end of the input, which is also ours, ends it.
 */
const gate = `echo ready >&5 && read -r clara_gate <&5 && [ "$clara_gate" = go ] && echo '${begunLine.trimEnd()}' >&6 && exec "$@" 5<&- 6>&-; exit 75`;

/**
 * Starts sandboxes one after the other, and tells how each ends: to fork a small shell takes a tenth of the time that it
 * takes to fork a server, and does not keep the server from its work. Requests come on descriptor 3, where answers go.
 * Files are opened by the server's own descriptors: one that is late finds none, because the server is gone with them.
 * Lines that are no request were meant for a gate that never stood. What all requests have in common, this knows already:
 * a shell reads one character at a time.
 */
const script = `
exec <&3
newline='
'
files=$1 bwrap=$2 view=$3 gate=$4
while IFS=' ' read -r word gated log settings status count; do
  [ "$word" = run ] && IFS= read -r scratch && IFS= read -r name || continue
  set -- && argument=
  while [ "$count" -gt 0 ] && IFS= read -r word; do
    case $word in
      +*) argument=$argument$newline\${word#+} ;;
      *) set -- "$@" "$argument" && argument=\${word#-} ;;
    esac
    count=$((count - 1))
  done
  set -- "$@" "$argument" && shift
  [ "$gated" = no ] || set -- ${shell} -c "$gate" clara-gate "$@"
  set -- --bind "$scratch" /tmp --unsetenv "$name" --args 3 --json-status-fd 4 -- "$@"
  [ -z "$view" ] || set -- --dev-bind "$view" / "$@"
  if [ "$gated" = yes ]; then
    (echo opened >&5; exec "$bwrap" "$@") 5<&3 >>"$files/$log" 2>&1 3<"$files/$settings" 4>>"$files/$status" 6>&4 </dev/null
  else
    (echo opened >&5; exec "$bwrap" "$@" 5<&-) 5<&3 >>"$files/$log" 2>&1 3<"$files/$settings" 4>>"$files/$status" </dev/null
  fi
  echo "exit $?" >&3 || exit
done
`;
/** Idle ones that are kept of a kind. */
const mostIdle = 12;
/** Milliseconds between two sandboxes with the same view that follow each other closely. */
const busyMs = 500;
/** Milliseconds for which a view is used. */
const oldMs = 2000;
/** Views that are remembered. */
const mostViews = 100;
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

/** A command, and what the command line of its bubblewrap says beside it; all other options are in the file of settings. */
export interface LaunchRequest {
  /** What becomes /tmp. */
  readonly scratch: string;
  /** Tells whose sandbox it is: to unset a variable of that name changes nothing. */
  readonly name: string;
  readonly command: readonly string[];
}

/** Whether a command can be handed to a launcher. */
export function canLaunchCommand(command: readonly string[]): boolean {
  return command.reduce((length, argument) => length + argument.length, 0) <= longestCommand && command.every((argument) => plain.test(argument));
}

/** Whether a request can be handed to a launcher. */
export function canLaunch({ scratch, name, command }: LaunchRequest): boolean {
  return canLaunchCommand(command) && [scratch, name].every((line) => plain.test(line) && !line.includes('\n'));
}

/** Starts a sandbox that no launcher can be told of, on the host itself and without a gate. */
export function launchDirectly(bwrap: string, { scratch, name, command }: LaunchRequest, { log, settings, status }: LaunchFiles): Launched {
  const args = ['--bind', scratch, '/tmp', '--unsetenv', name, '--args', '3', '--json-status-fd', '4', '--', ...command];
  const child = spawn(bwrap, args, { cwd: '/', env: {}, detached: true, stdio: ['ignore', log, log, settings, status] });
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

/** What launchers of one kind have in common: where they start. Undefined is the host itself. */
type Place = Pick<View, 'command' | 'place'> | undefined;

/** As many launchers as programs run at once. */
export class Launchers {
  readonly #bwrap: string;
  readonly #views: boolean;
  readonly #all = new Set<Launcher>();
  readonly #idle = new Map<string, Launcher[]>();
  /** When a view was asked for last. */
  readonly #asked = new Map<string, number>();
  #closed = false;

  /**
   * @param bwrap the path of bubblewrap
   * @param views whether launchers may start in views: these would find our files in no other user namespace
   * @param detached once it has fired, what runs is let be, and the launchers go
   */
  constructor(bwrap: string, views: boolean, detached: AbortSignal) {
    this.#bwrap = bwrap;
    this.#views = views;
    detached.addEventListener('abort', () => {
      this.#closed = true;
      for (const launcher of this.#all) launcher.leave();
    }, { once: true });
  }

  /** Whether a view is worth its while: sandboxes with it follow each other closely. */
  isBusy(view: View): boolean {
    if (!this.#views) return false;
    const [key, now] = [keyOf(view), Date.now()];
    const before = this.#asked.get(key);
    if (this.#asked.size >= mostViews) this.#asked.clear();
    this.#asked.set(key, now);
    return before !== undefined && now - before < busyMs;
  }

  /**
   * Starts a sandbox, in a view or on the host itself.
   * @param gated whether a gate stands before its command
   */
  launch(request: LaunchRequest, files: LaunchFiles, gated: boolean, view?: View): Launched {
    const launcher = this.#idle.get(keyOf(view))?.pop() ?? this.#start(view);
    return launcher.run(request, files, gated);
  }

  #start(place: Place): Launcher {
    const key = keyOf(place);
    const idle = this.#idle.get(key) ?? [];
    const forget = () => {
      const at = idle.indexOf(launcher);
      if (at >= 0) idle.splice(at, 1);
      if (idle.length === 0 && key !== '') this.#idle.delete(key);
    };
    const launcher: Launcher = new Launcher(this.#bwrap, place, {
      onIdle: () => {
        if (this.#closed || idle.length >= mostIdle || launcher.isOld) return launcher.leave();
        this.#idle.set(key, idle);
        idle.push(launcher);
      },
      onOld: () => {
        if (!idle.includes(launcher)) return;
        forget();
        launcher.leave();
      },
      onGone: () => {
        this.#all.delete(launcher);
        forget();
      },
    });
    this.#all.add(launcher);
    return launcher;
  }
}

const keyOf = (place: Place) => place?.command.join('\0') ?? '';

interface LauncherEvents {
  readonly onIdle: () => void;
  readonly onOld: () => void;
  readonly onGone: () => void;
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
  readonly #wrappers: number;
  readonly #onIdle: () => void;
  #said = '';
  #run: Run | undefined;
  /** Whether the host may look otherwise by now than the view shows. */
  isOld = false;

  constructor(bwrap: string, place: Place, { onIdle, onOld, onGone }: LauncherEvents) {
    this.#onIdle = onIdle;
    const [program, ...args] = [...(place?.command ?? []), shell, '-c', script, 'clara-launcher', `/proc/${process.pid}/fd`, bwrap, place?.place ?? '', gate];
    this.#child = spawn(program!, args, { cwd: '/', env: {}, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    this.#wrappers = place === undefined ? 1 : 2;
    const age = place === undefined ? undefined : setTimeout(() => {
      this.isOld = true;
      onOld();
    }, oldMs).unref();
    const gone = (reason: string) => {
      clearTimeout(age);
      onGone();
      this.#end({ kind: 'gone', reason });
    };
    this.#child.once('error', (error) => gone(`it could not be started (${messageOf(error)})`)).once('exit', (code, signal) => gone(stoppedBy(signal ?? code!))).unref();
    this.#channel = (this.#child.stdio as readonly unknown[])[3] as Socket;
    // It may close its end at any time; that it is gone is told by `exit`.
    this.#channel.setEncoding('latin1').on('data', (text: string) => this.#hear(text)).on('error', () => undefined).unref();
  }

  run({ scratch, name, command }: LaunchRequest, { log, settings, status }: LaunchFiles, gated: boolean): Launched {
    const run = { ended: false } as { -readonly [Key in keyof Run]: Run[Key] };
    const opened = new Promise<boolean>((resolve) => { run.onOpened = resolve; });
    const ready = new Promise<void>((resolve) => { run.onReady = resolve; });
    const end = new Promise<LaunchEnd>((resolve) => { run.onEnd = resolve; });
    this.#run = run;
    const lines = command.flatMap((argument) => argument.split('\n').map((line, index) => `${index === 0 ? '-' : '+'}${line}`));
    this.#channel.write([`run ${gated ? 'yes' : 'no'} ${log} ${settings} ${status} ${lines.length}`, scratch, name, ...lines, ''].join('\n'));
    const { pid } = this.#child;
    return {
      get pid() { return run.ended ? undefined : pid; },
      wrappers: this.#wrappers,
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
