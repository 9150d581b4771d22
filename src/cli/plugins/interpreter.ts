import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { findProgram } from '../../system/programs.ts';
import { isProgram } from './find.ts';

/** What a `#!` line asks for: a program by its path, or by a name to be found on PATH. */
export type Interpreter =
  | { readonly kind: 'path'; readonly path: string; readonly args: string }
  | { readonly kind: 'env'; readonly name: string };

/** Reads the first line of a script; undefined where it has no `#!`, or one that is not for us to understand (`env -S …`). */
export function parseInterpreter(start: string): Interpreter | undefined {
  const found = /^#![ \t]*(\S+)[ \t]*([^\n]*?)[ \t\r]*(?:\n|$)/.exec(start);
  if (found === null) return undefined;
  const [, path = '', args = ''] = found;
  if (basename(path) !== 'env') return { kind: 'path', path, args };
  return /^[^\s=-][^\s=]*$/.test(args) ? { kind: 'env', name: args } : undefined;
}

/** Why a script cannot be run: its interpreter is missing. `path` is the PATH that it is looked for on. */
export function interpreterProblem(file: string, path: string): string | undefined {
  const interpreter = interpreterOf(file);
  if (interpreter === undefined) return undefined;
  if (interpreter.kind === 'env') return findProgram(interpreter.name, path) === undefined ? `its interpreter \`${interpreter.name}\` is not on PATH` : undefined;
  return isProgram(interpreter.path) ? undefined : `its interpreter ${interpreter.path} does not exist`;
}

/** Whether a script asks for the very Node.js that runs us, and nothing else. */
export function isForThisNode(file: string, path: string): boolean {
  if (process.execArgv.length > 0) return false;
  const interpreter = interpreterOf(file);
  if (interpreter === undefined || (interpreter.kind === 'path' && interpreter.args !== '')) return false;
  const program = interpreter.kind === 'path' ? interpreter.path : interpreter.name === 'node' ? findProgram('node', path) : undefined;
  return program !== undefined && basename(program) === 'node' && isProgram(program) && realpathSync(program) === realpathSync(process.execPath);
}

function interpreterOf(path: string): Interpreter | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      // Linux reads no more of the line, either.
      const buffer = Buffer.alloc(256);
      return parseInterpreter(buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, 0)));
    } finally {
      closeSync(file);
    }
  } catch {
    // A program may be for running and not for reading.
    return undefined;
  }
}
