import { ClaraError, exitCodes, messageOf } from '../../core/errors.ts';
import { fullVersion } from '../../core/version.ts';
import { escapeControls, escapeLines } from './escape.ts';
import { type Style } from './style.ts';

/** Exit status of a command that ended by throwing this. */
export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof ClaraError ? exitCodes[thrown.kind] : 1;
}

/** The lines that say why a command failed: `error: …`, details, `hint: …`. Anything but a ClaraError is a bug of ours. */
export function describeFailure(thrown: unknown, style: Style, verbose: boolean): string[] {
  const label = style.bad('error:');
  if (!(thrown instanceof ClaraError)) {
    const hint = `this is a bug in clara ${fullVersion}; please report it with ${verbose ? 'the lines below' : 'what the same command prints under --verbose'}`;
    const stack = verbose && thrown instanceof Error && thrown.stack !== undefined ? escapeLines(thrown.stack).split('\n') : [];
    return [`${label} internal failure: ${escapeControls(messageOf(thrown))}`, `${style.strong('hint:')} ${hint}`, ...stack];
  }
  const lines = [`${label} ${escapeLines(thrown.message)}`, ...thrown.details.map(escapeLines)];
  if (thrown.hint !== undefined) lines.push(`${style.strong('hint:')} ${escapeLines(thrown.hint)}`);
  if (verbose) lines.push(...causes(thrown).map((text) => style.faint(text)));
  return lines;
}

/** What led to a failure, innermost last. */
function causes(error: Error): string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause !== undefined && cause !== null; cause = cause instanceof Error ? cause.cause : undefined) {
    lines.push(`caused by: ${escapeControls(messageOf(cause))}`);
  }
  return lines;
}
