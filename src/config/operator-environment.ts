/**
 * What the platform tells an operator through its environment (Clara guide, operator containers; the names of the two
 * path variables are those of NVIDIA's own DICOM test operator).
 */
export interface OperatorEnvironment {
  readonly inputs: readonly NamedPath[];
  readonly outputs: readonly NamedPath[];
  /** Inputs and outputs in shared memory: files with a header (docs/typed-io.md). */
  readonly memoryInputs: readonly NamedPath[];
  readonly memoryOutputs: readonly NamedPath[];
  /** A variable of the pipeline or of the operator; an empty one counts as not set. */
  readonly variable: (name: string) => string | undefined;
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
    memoryInputs: parseMemoryList(variables['CLARA_MEMORY_INPUTS'] ?? ''),
    memoryOutputs: parseMemoryList(variables['CLARA_MEMORY_OUTPUTS'] ?? ''),
    variable: (name) => (variables[name] === '' ? undefined : variables[name]),
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
