import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { commandLine } from '../supervise/process-tree.ts';

/** What is known of a sandbox by the file `status` in the folder of its run. */
export interface Status {
  /** The first process of the sandbox, as a number of the host. */
  readonly first: number | undefined;
  readonly exitCode: number | undefined;
  /** Whether the command was let begin: at once, or behind a gate that has been opened. */
  readonly begun: boolean;
}

/** The first line of a sandbox with a gate, and the line that the gate writes when it is opened. */
export const gateLine = '{ "gate": 1 }\n';
export const begunLine = '{ "begun": 1 }\n';

/** What was written so far: JSON documents, a line each, most of them by bubblewrap; undefined where there is no file. */
export function readStatus(folder: string): Status | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, 'status'), 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  const figure = (name: string) => {
    const found = new RegExp(`"${name}": *(\\d+)`).exec(complete)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  return { first: figure('child-pid'), exitCode: figure('exit-code'), begun: figure('gate') === undefined || figure('begun') !== undefined };
}

/** Stands among the arguments of a bubblewrap, and tells whose sandbox it is; a name that no variable has. */
export const nameFor = (folder: string) => `clara-operator:${folder.replaceAll('=', '%3d')}`;

/** Whether a process is bubblewrap at work on this folder: its number may be another's by now. */
export function isOf(pid: number, folder: string): boolean {
  return commandLine(pid).slice(0, 10).includes(nameFor(folder));
}
