import { type FolderSpec } from './folders.ts';
import { type MemorySpec } from './memory.ts';
import { type OptionSpec, type OptionTable, placeholderOf } from './options.ts';

/** The parts of an operator's declaration that its help shows. */
export interface Described {
  readonly name: string;
  readonly summary: string;
  readonly inputs: readonly FolderSpec[];
  /** The folder that may be named without its flag. */
  readonly positional?: string;
  readonly memoryInputs?: readonly MemorySpec[];
  readonly memoryOutputs?: readonly MemorySpec[];
  readonly options: OptionTable;
  readonly examples: readonly string[];
}

/** The text of `--help`. */
export function helpText(program: Described, outputs: readonly FolderSpec[]): string {
  const folders = [...program.inputs, ...outputs].map((folder) => [`--${folder.name} DIR`, `${folder.help}${folder.fallback === '' ? '' : ` (default ${folder.fallback})`}`] as const);
  const memory = [...(program.memoryInputs ?? []), ...(program.memoryOutputs ?? [])].map(({ name, help }) => [`--${name} FILE`, `${help} (in shared memory)`] as const);
  const options = Object.entries(program.options).map(([name, spec]) => [flagOf(name, spec), `${spec.help} (${settingOf(spec)})`] as const);
  const rows = [...folders, ...memory, ...options, ['-h, --help', 'this text'] as const];
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    `${program.name}: ${program.summary}`,
    '',
    `usage: ${program.name}${program.positional === undefined ? '' : ' DIR'} [options]`,
    '',
    ...rows.map(([flag, help]) => `  ${flag.padEnd(width)}  ${help}`),
    '',
    'Inside a pipeline the folders come from NVIDIA_CLARA_INPUTPATHS and NVIDIA_CLARA_OUTPUTPATHS; a flag wins over a variable.',
    '',
    'examples:',
    ...program.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function flagOf(name: string, spec: OptionSpec): string {
  const placeholder = placeholderOf(spec);
  return placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
}

function settingOf(spec: OptionSpec): string {
  return spec.kind === 'switch' || spec.fallback === undefined ? `variable ${spec.variable}` : `variable ${spec.variable}, default ${spec.fallback}`;
}
