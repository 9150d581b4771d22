import { type Connection } from '../../api/client.ts';
import { ClaraError } from '../../core/errors.ts';
import { parseId } from '../../core/ids.ts';
import { type ResourceKind } from '../../actions/resolve-id.ts';
import { type Context } from '../../terminal/context.ts';

/** The one id of a command that takes it by flag or as an argument. */
export function wantedId(kind: ResourceKind, flagged: string | undefined, args: readonly string[]): string {
  const [argument] = args;
  if (flagged !== undefined && argument !== undefined) {
    throw new ClaraError('usage', `two ${kind} ids: \`${flagged}\` by flag and \`${argument}\``, { hint: 'give one of them' });
  }
  const id = flagged ?? argument;
  if (id === undefined) throw new ClaraError('usage', `missing ${kind.toUpperCase()}_ID`, { hint: `\`clara list ${kind}s\` shows the ids` });
  return id;
}

/** What `-o name` prints is taken back: `job/2f4a…` is the job `2f4a…`. */
export function withoutKind(kind: ResourceKind, text: string): string {
  const at = text.indexOf('/');
  return at > 0 && (text.slice(0, at) === kind || text.slice(0, at) === `${kind}s`) ? text.slice(at + 1) : text;
}

/** Canonical ids from what the user wrote, without repetitions; the platform is asked only where an id is cut. */
export async function resolveAll(context: Context, connection: Connection, kind: ResourceKind, texts: readonly string[]): Promise<readonly string[]> {
  const bare = texts.map((text) => withoutKind(kind, text));
  const whole = bare.map(parseId);
  if (whole.every((id) => id !== undefined)) return [...new Set(whole)];
  const { resolveIds } = await import('../../actions/resolve-id.ts');
  return [...new Set(await resolveIds(connection, kind, bare, { signal: context.signal }))];
}

export async function resolveOne(context: Context, connection: Connection, kind: ResourceKind, text: string): Promise<string> {
  return (await resolveAll(context, connection, kind, [text]))[0]!;
}
