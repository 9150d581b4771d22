import { messageOf, ClaraError } from '../../core/errors.ts';

/** Something that was made and is to be taken away again. */
interface Made {
  /** What it is, as in `cannot remove …`. */
  readonly what: string;
  readonly remove: () => Promise<void>;
  /** The command that does it by hand. */
  readonly byHand: string;
}

/** What a run has made, latest last. */
export class Cleanup {
  #made: Made[] = [];

  /** Registers before it is made, because making it may be interrupted; the answer takes the entry back. */
  add(made: Made): () => void {
    this.#made.push(made);
    return () => { this.#made = this.#made.filter((entry) => entry !== made); };
  }

  /** What was made is meant to stay. */
  forget(): void {
    this.#made = [];
  }

  /** How to remove what is there, latest first. */
  get byHand(): readonly string[] {
    return this.#made.map(({ byHand }) => byHand).reverse();
  }

  /** Takes everything away, latest first, whatever fails; the answer says what could not be. */
  async unwind(): Promise<readonly string[]> {
    const complaints: string[] = [];
    for (const { what, remove, byHand } of this.#made.splice(0).reverse()) {
      try {
        await remove();
      } catch (thrown) {
        complaints.push(`left behind: ${what} (${messageOf(thrown)}); remove it with: ${byHand}`);
      }
    }
    return complaints;
  }
}

export interface CleanupOptions {
  /** Leave everything. */
  readonly keep: boolean;
  /** Called before anything is taken away after a failure. */
  readonly onFailure: () => void;
  /** Called with the commands that remove what is kept. */
  readonly onKept: (byHand: readonly string[]) => void;
}

/** Does something, and takes away what it made, also where it fails; that is told in the same error. */
export async function withCleanup<T>(body: (cleanup: Cleanup) => Promise<T>, { keep, onFailure, onKept }: CleanupOptions): Promise<T> {
  const cleanup = new Cleanup();
  const finish = async (): Promise<readonly string[]> => {
    if (!keep) return cleanup.unwind();
    if (cleanup.byHand.length > 0) onKept(cleanup.byHand);
    return [];
  };
  let result: T;
  try {
    result = await body(cleanup);
  } catch (thrown) {
    if (!keep && cleanup.byHand.length > 0) onFailure();
    throw withComplaints(thrown, await finish());
  }
  const complaints = await finish();
  if (complaints.length > 0) throw new ClaraError('failed', 'it succeeded, but not everything could be removed again', { details: complaints });
  return result;
}

function withComplaints(thrown: unknown, complaints: readonly string[]): unknown {
  if (complaints.length === 0) return thrown;
  if (!(thrown instanceof ClaraError)) return new ClaraError('failed', messageOf(thrown), { details: complaints, cause: thrown });
  const { kind, message, hint, details, cause } = thrown;
  return new ClaraError(kind, message, { details: [...details, ...complaints], cause, ...(hint === undefined ? {} : { hint }) });
}
