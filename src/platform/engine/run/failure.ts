import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../../../core/errors.ts';
import { type OperatorEnd } from '../../backends/backend.ts';

const tailBytes = 8 * 1024;
const tailLines = 5;
const longestLine = 300;

/** What a job says about an operator that did not succeed: what happened, then the last lines of its log. */
export function failureMessages(operator: string, end: OperatorEnd, folder: string | undefined): string[] {
  if (end.kind === 'not-started') return [`operator ${operator} ${describeEnd(end)}`, ...(end.details ?? [])];
  return [`operator ${operator} ${describeEnd(end)}`, ...(folder === undefined ? [] : logTail(folder).map((line) => `${operator}: ${line}`))];
}

/** What happened, as the end of a sentence. */
export function describeEnd(end: OperatorEnd): string {
  switch (end.kind) {
    case 'exited': {
      const signal = signalOf(end.code);
      return `failed with exit code ${end.code}${signal === undefined ? '' : ` (${signal})`}${end.note === undefined ? '' : `: ${end.note}`}`;
    }
    case 'lost':
      return `was lost: ${end.reason}`;
    case 'not-started':
      return `could not be started: ${end.reason}${end.hint === undefined ? '' : ` (${end.hint})`}`;
  }
}

/** Shells report a signal as 128 and its number; an operator may of course exit with such a number itself. */
function signalOf(code: number): string | undefined {
  const found = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return found === undefined ? undefined : `as after ${found[0]}`;
}

/** The last lines that an operator wrote, long ones cut. */
export function logTail(folder: string): string[] {
  let log: number;
  try {
    log = openSync(join(folder, 'log'), 'r');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
  try {
    const { size } = fstatSync(log);
    const buffer = Buffer.alloc(Math.min(tailBytes, size));
    readSync(log, buffer, 0, buffer.length, size - buffer.length);
    const lines = buffer.toString('utf8').split('\n').map((line) => line.trimEnd());
    return lines.filter((line) => line !== '').slice(-tailLines).map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  } finally {
    closeSync(log);
  }
}
