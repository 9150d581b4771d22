import { type ChildProcess } from 'node:child_process';

/** A program, as far as signals go. */
type Program = Pick<ChildProcess, 'kill' | 'once'>;

/** What Ctrl-C sends. */
export function interrupt(child: Program): void {
  child.kill('SIGINT');
}

/** The same again and again until it ends; npm and `timeout` send theirs at least twice. */
export function pester(child: Program): void {
  interrupt(child);
  const again = setInterval(() => interrupt(child), 5);
  child.once('exit', () => clearInterval(again));
}
