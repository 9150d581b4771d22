import { type BackendName, type RunPlan } from '../engine/plan.ts';

/** How a run ended. Completed is not succeeded: an operator that failed has exited too. */
export type OperatorEnd =
  /** The command ended; `note` says what the status alone does not (out of memory). */
  | { readonly kind: 'exited'; readonly code: number; readonly note?: string }
  /** The machinery's fault: nobody knows how it ended. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** It was never begun; `details` are further lines about why. */
  | { readonly kind: 'not-started'; readonly reason: string; readonly hint?: string | undefined; readonly details?: readonly string[] };

/** A run that was started here or found again. */
export interface RunningOperator {
  readonly ended: Promise<OperatorEnd>;
  /** Asks the operator to end (SIGTERM); tells whether there was anybody to ask yet. */
  terminate(): boolean | Promise<boolean>;
  /** Ends the operator and everything that it has started. */
  kill(): void | Promise<void>;
}

/** What a restarted platform finds of a run that is recorded as running. */
export type FoundOperator =
  | { readonly kind: 'never-started' }
  | { readonly kind: 'running'; readonly running: RunningOperator }
  | { readonly kind: 'ended'; readonly end: OperatorEnd };

/** A run that is set up as far as it can be before it begins. It never begins unless it is told to, whatever becomes of the platform. */
export interface PreparedRun {
  /** Resolves when it is set up, or cannot be. */
  readonly ready: Promise<void>;
  /** Whether it can still begin. */
  isUsable(): boolean;
  /** To be called once, instead of `Backend.start`. */
  begin(): RunningOperator;
  /** Whether the command began, asked when the run has ended. */
  hasBegun(): boolean;
  /** Resolves when nothing of it is left but what is in its folder. */
  discard(): Promise<void>;
}

/** Where operators run. The run folder and its outputs exist before any of these is called. */
export interface Backend {
  readonly name: BackendName;
  /** Throws a ClaraError that says what is missing where this machine cannot run these plans. */
  check(plans: readonly RunPlan[]): Promise<void>;
  /** Starts a run; throws a ClaraError where that is not possible. The run survives the platform. */
  start(plan: RunPlan, gpus: readonly number[]): RunningOperator;
  /** Whether a run can be set up ahead, without GPUs. */
  canPrepare(plan: RunPlan): boolean;
  /** Sets up a run that may be started soon. Throws as `start` does. */
  prepare(plan: RunPlan): PreparedRun;
  /** Finds a run of an earlier platform. After `never-started` it cannot begin any more. */
  attach(plan: RunPlan): Promise<FoundOperator>;
  /** All runs of earlier platforms have been looked for; what else those have left can go. Called before the first start. */
  tidy(): void;
  /** Removes what an ended run has outside its folder. */
  clean(run: { readonly jobId: string; readonly operator: string }): Promise<void>;
}
