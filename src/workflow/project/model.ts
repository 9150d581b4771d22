import { type Position } from '../../pipeline/source.ts';

/** One entry of `workflows` in values.yaml: which stages run, in which order, and how they hand over. */
export interface Workflow {
  readonly id: string;
  /** Names of stages, in the order of the data. */
  readonly stages: readonly string[];
  /** For each stage the file below its `lockDir` that it waits for; empty: it waits for none. */
  readonly waitLocks: readonly string[];
  /** For each stage the arguments of its container; empty: those of the image. */
  readonly args: readonly (readonly string[])[];
  /**
   * Folders of the payload, one more than there are stages: stage i reads entry i and writes entry i + 1. Where values.yaml has none:
   * `<first>/input`, then `<stage>/output` of each.
   */
  readonly ioFolders: readonly string[];
  /** Where its id stands in values.yaml. */
  readonly position: Position;
  /** Where the entries of its lists stand; none of a list that is not there. */
  readonly entries?: { readonly stages: readonly Position[]; readonly waitLocks: readonly Position[]; readonly ioFolders: readonly Position[] };
}

/** How the image of a stage is built. */
export interface StageBuild {
  /** Folder that is sent to Docker, absolute. */
  readonly context: string;
  /** The Dockerfile, absolute; undefined: `Dockerfile` in the context. */
  readonly dockerfile: string | undefined;
  /** Build arguments (`--build-arg NAME=VALUE`), in the order of values.yaml. */
  readonly args: ReadonlyMap<string, string>;
}

/** One entry of `stages` in values.yaml: a container and what it is told. Defaults are those of a new stage. */
export interface Stage {
  readonly name: string;
  readonly image: { readonly repository: string; readonly tag: string };
  /** Instead of the image's entry point; undefined: that one. */
  readonly command: readonly string[] | undefined;
  /** Folders below `appDir` that input and output are mounted at. */
  readonly mount: { readonly in: { readonly name: string }; readonly out: { readonly name: string } };
  readonly stageName: string;
  /** Absolute, in the container. */
  readonly appDir: string;
  readonly inputLock: string;
  /** Relative to `appDir`. */
  readonly inputs: string;
  readonly logName: string;
  /** Relative to `appDir`. */
  readonly outputs: string;
  /** In the container; the payload's folder `locks` is mounted at `<appDir>/locks`. */
  readonly lockDir: string;
  readonly lockName: string;
  /** How long the stage waits for a lock, in seconds, as it is written. */
  readonly timeout: string;
  /** Asks the inference server at `trtisUri`. */
  readonly trtis: boolean;
  readonly build: StageBuild | undefined;
  readonly position: Position;
}

/** `repository:tag`, as the chart writes it. */
export function imageOf({ image }: Pick<Stage, 'image'>): string {
  return `${image.repository}:${image.tag}`;
}

/** The name of the lock that a stage writes where nothing else is set. */
export function lockOf(stage: string): string {
  return `${stage}.lock`;
}

/** What ioFolders is where values.yaml has none. */
export function usualFolders(stages: readonly string[]): string[] {
  return stages.length === 0 ? [] : [`${stages[0]!}/input`, ...stages.map((stage) => `${stage}/output`)];
}

/** One thing that is wrong with a project. */
export interface Problem {
  /** An error keeps the project, or the workflow that it is about, from being run. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Relative to the project's root. */
  readonly file: string;
  /** Where in the file, from 1; undefined where it is about the whole file or folder. */
  readonly at: Position | undefined;
  /** The workflow that it is about, where it is about one only. */
  readonly workflow?: string;
}

/** `file:line:column: error: message`, as compilers print it. */
export function problemLine({ severity, message, file, at }: Problem): string {
  return `${file}${at === undefined ? '' : `:${at.line}:${at.column}`}: ${severity}: ${message}`;
}
