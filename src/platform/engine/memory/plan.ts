import { typeText } from '../../../pipeline/memory/header.ts';
import { type DataType, type MemoryType, type Operator } from '../../../pipeline/model.ts';
import { type RunMount } from '../plan.ts';

/** An input or output of an operator in shared memory: a file of the host under a path of ours. */
export interface MemoryEntry {
  readonly name: string;
  readonly type: MemoryType;
  /** Where the operator sees it. */
  readonly path: string;
  readonly source: string;
}

export interface MemoryInput extends MemoryEntry {
  /** The operator that wrote it. */
  readonly from: string;
}

/** What of an operator's inputs and outputs is in shared memory. */
export interface MemoryPlan {
  /** The host's folder of what it writes. */
  readonly folder: string;
  readonly inputs: readonly MemoryInput[];
  readonly outputs: readonly MemoryEntry[];
}

/** Where operators find shared memory: below what is shared memory in every Linux. */
const inside = '/dev/shm/clara';

export const isMemory = (type: DataType | undefined): type is MemoryType => type !== undefined && type.kind !== 'stream';

/** Plans it. @param jobFolder the host's folder of the job's shared memory */
export function planMemory(operator: Operator, jobFolder: string): MemoryPlan {
  const folder = `${jobFolder}/${operator.name}`;
  return {
    folder,
    inputs: operator.inputs.flatMap(({ from, name, type }) => (from === undefined || !isMemory(type) ? []
      : [{ name, type, from, path: `${inside}/inputs/${from}/${name}`, source: `${jobFolder}/${from}/${name}` }])),
    outputs: operator.outputs.flatMap(({ name, type }) => (isMemory(type) ? [{ name, type, path: `${inside}/outputs/${name}`, source: `${folder}/${name}` }] : [])),
  };
}

/** The file beside an entry that describes it. */
export const descriptionOf = (file: string) => `${file}.json`;

/** The mounts: the folder of the outputs as it is, each input with its description read-only. */
export function memoryMounts({ folder, inputs, outputs }: MemoryPlan): RunMount[] {
  return [
    ...(outputs.length === 0 ? [] : [{ path: `${inside}/outputs`, source: folder, access: 'write' as const }]),
    ...inputs.flatMap(({ path, source }) => [
      { path, source, access: 'read' as const }, { path: descriptionOf(path), source: descriptionOf(source), access: 'read' as const },
    ]),
  ];
}

/** The two variables of an operator that uses shared memory: `name:type[shape]:path` entries joined with `;`. */
export function memoryVariables({ inputs, outputs }: MemoryPlan, where: 'path' | 'source'): Record<string, string> {
  const list = (entries: readonly MemoryEntry[]) => entries.map((entry) => `${entry.name}:${typeText(entry.type)}:${entry[where]}`).join(';');
  return {
    ...(inputs.length === 0 ? {} : { CLARA_MEMORY_INPUTS: list(inputs) }),
    ...(outputs.length === 0 ? {} : { CLARA_MEMORY_OUTPUTS: list(outputs) }),
  };
}

/** What the file beside an entry says. */
export function description({ name, type }: MemoryEntry): string {
  return `${JSON.stringify({ name, type: type.kind, elementType: type.element, shape: type.shape, file: name })}\n`;
}
