import { resolve } from 'node:path';
import { ClaraError } from '../core/errors.ts';

/**
 * What the platform tells an operator through its environment (Clara guide, operator containers; the names of the two
 * path variables are those of NVIDIA's own DICOM test operator).
 */
export interface OperatorEnvironment {
  readonly inputs: readonly NamedPath[];
  readonly outputs: readonly NamedPath[];
  /** The inputs again, by where they lie in the payload: `/operators/<operator>/<output>`. */
  readonly uris: readonly NamedPath[];
  /** Inputs and outputs in shared memory: files with a header (docs/typed-io.md). */
  readonly memoryInputs: readonly NamedPath[];
  readonly memoryOutputs: readonly NamedPath[];
  /** Set where the operator runs as a stage of a workflow (clara-wf) and not as an operator of a pipeline. */
  readonly stage: StageEnvironment | undefined;
  /** A variable of the pipeline or of the operator; an empty one counts as not set. */
  readonly variable: (name: string) => string | undefined;
  /** Whether a variable is set at all, be it to nothing. */
  readonly isSet: (name: string) => boolean;
}

/** What the chart of a workflow tells the container of a stage (Clara Pipeline Generation Guide, container.yaml). Paths are absolute. */
export interface StageEnvironment {
  /** NVIDIA_CLARA_INPUTS and NVIDIA_CLARA_OUTPUTS, below NVIDIA_CLARA_APPDIR: a folder, or a file that may be missing. */
  readonly input: string;
  readonly output: string;
  /** The lock to wait for; undefined: none. */
  readonly waitFor: string | undefined;
  /** The lock to write when the work is done; undefined: none. */
  readonly lock: string | undefined;
  /** How long to wait, in seconds. */
  readonly timeout: number;
  /** File that the log goes to as well. */
  readonly log: string | undefined;
}

/** One mapped folder: the name of its connection (empty for an unnamed one) and where it is. */
export interface NamedPath {
  readonly name: string;
  readonly path: string;
}

/** Reads the environment of an operator program. */
export function readOperatorEnvironment(variables: NodeJS.ProcessEnv = process.env): OperatorEnvironment {
  return {
    inputs: parsePathList(variables['NVIDIA_CLARA_INPUTPATHS'] ?? ''),
    outputs: parsePathList(variables['NVIDIA_CLARA_OUTPUTPATHS'] ?? ''),
    uris: parsePathList(variables['CLARA_INPUT_URIS'] ?? ''),
    memoryInputs: parseMemoryList(variables['CLARA_MEMORY_INPUTS'] ?? ''),
    memoryOutputs: parseMemoryList(variables['CLARA_MEMORY_OUTPUTS'] ?? ''),
    stage: readStage(variables),
    variable: (name) => (variables[name] === '' ? undefined : variables[name]),
    isSet: (name) => variables[name] !== undefined,
  };
}

/** The platform never sets NVIDIA_CLARA_APPDIR, and the chart of a workflow never the two path variables. */
function readStage(variables: NodeJS.ProcessEnv): StageEnvironment | undefined {
  const given = (name: string) => (variables[`NVIDIA_CLARA_${name}`] ?? '').trim();
  const appDir = given('APPDIR');
  if (appDir === '' || given('INPUTPATHS') !== '' || given('OUTPUTPATHS') !== '') return undefined;
  const lockDir = resolve(appDir, given('LOCKDIR') || 'locks');
  const simple = given('RUNSIMPLE').toUpperCase() === 'TRUE';
  const timeout = Number(given('TIMEOUT') || 300);
  if (!Number.isFinite(timeout) || timeout < 0) throw new ClaraError('usage', `NVIDIA_CLARA_TIMEOUT is a number of seconds, not ${JSON.stringify(given('TIMEOUT'))}`);
  const inputLock = simple || given('INPUTLOCK') === '' ? undefined : resolve(appDir, given('INPUTLOCK'));
  return {
    input: resolve(appDir, given('INPUTS') || 'input'),
    output: resolve(appDir, given('OUTPUTS') || 'output'),
    // The first stage has no other to wait for: its input is complete when the lock of the input is there.
    waitFor: given('WAITNAME') === '' ? inputLock : resolve(lockDir, given('WAITNAME')),
    lock: given('LOCKNAME') === '' ? undefined : resolve(lockDir, given('LOCKNAME')),
    timeout,
    log: given('LOGNAME') === '' ? undefined : resolve(appDir, given('LOGNAME')),
  };
}

/** `name:type[shape]:path;…` as pairs of name and path: the file itself says what it holds. */
export function parseMemoryList(text: string): NamedPath[] {
  return parsePathList(text).map(({ name, path }) => ({ name, path: path.slice(path.indexOf(':') + 1) }));
}

/** `name:path;:path` as pairs. A name never holds a colon, so the first one ends it; entries without a path are dropped. */
export function parsePathList(text: string): NamedPath[] {
  return text
    .split(';')
    .map((entry) => {
      const colon = entry.indexOf(':');
      return { name: entry.slice(0, Math.max(colon, 0)).trim(), path: entry.slice(colon + 1).trim() };
    })
    .filter((entry) => entry.path !== '');
}
