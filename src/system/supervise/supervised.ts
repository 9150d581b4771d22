/** `lost`: whoever watched over the command ended without leaving its status. */
export type SupervisedEnd = { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'lost'; readonly reason: string };

/** What became of a run that an earlier platform started, or was about to. */
export type FoundRun =
  /** It never began, and from now on cannot. */
  | { readonly kind: 'never-started' }
  /** `command`: the arguments of the process that watches over it. */
  | { readonly kind: 'running'; readonly pid: number; readonly command: readonly string[] }
  | SupervisedEnd;

/** A command under the eye of a process that outlives us. */
export interface Supervised {
  readonly ended: Promise<SupervisedEnd>;
  /** Of the process that watches over the command, at this moment; undefined where it could not be started. */
  readonly pid: number | undefined;
}

/** Milliseconds between two looks at a run that is not our child. */
export const watchEveryMs = 100;
