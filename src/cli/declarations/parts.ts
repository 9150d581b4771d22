import { type ArgumentSpec } from '../../terminal/program/declare.ts';
import { assignments, text, texts, type Completion } from '../../terminal/program/options.ts';

/** Words of flags and what they are in the protocol; typed by name, so that declarations load no generated code. */
export const priorities = {
  low: 'JOB_PRIORITY_LOWER', normal: 'JOB_PRIORITY_NORMAL', high: 'JOB_PRIORITY_HIGHER', immediate: 'JOB_PRIORITY_IMMEDIATE',
} as const;
export const states = { pending: 'JOB_STATE_PENDING', running: 'JOB_STATE_RUNNING', stopped: 'JOB_STATE_STOPPED' } as const;
export const statuses = {
  healthy: 'JOB_STATUS_HEALTHY', faulted: 'JOB_STATUS_FAULTED', canceled: 'JOB_STATUS_CANCELED',
  evicted: 'JOB_STATUS_EVICTED', terminated: 'JOB_STATUS_TERMINATED',
} as const;
export const modelTypes = {
  tensorflow: 'MODEL_TYPE_TENSOR_FLOW', tensorrt: 'MODEL_TYPE_TENSOR_RT', pytorch: 'MODEL_TYPE_PY_TORCH', unknown: 'MODEL_TYPE_UNKNOWN',
} as const;

/** How a graph can be drawn. */
export const graphFormats = { dot: 'dot', mermaid: 'mermaid', svg: 'svg', ascii: 'ascii' } as const;
export type GraphFormat = keyof typeof graphFormats;

type Word<Table extends Readonly<Record<string, string>>> = Table[keyof Table];
export type Priority = Word<typeof priorities>;
export type State = Word<typeof states>;
export type Status = Word<typeof statuses>;
export type ModelType = Word<typeof modelTypes>;

/** The documented flag for an id; the id may as well be an argument. */
export function idFlag(letter: string, kind: 'job' | 'pipeline' | 'payload' | 'model') {
  return text(`-${letter}, --${kind} <${kind.toUpperCase()}_ID>`, `id of the ${kind}, or its first digits`, { complete: kind });
}

/** One id as an argument, for commands that also have the flag. */
export function idArgument(kind: 'job' | 'pipeline' | 'payload' | 'model'): ArgumentSpec {
  return { name: `${kind.toUpperCase()}_ID`, help: `id of the ${kind}, or its first digits, instead of the flag`, optional: true, complete: kind };
}

/** One or more ids. */
export function idArguments(kind: 'job' | 'pipeline' | 'payload' | 'model', details: { readonly optional?: boolean } = {}): ArgumentSpec {
  return { name: `${kind.toUpperCase()}_ID`, help: `ids of ${kind}s, or their first digits`, many: true, complete: kind satisfies Completion, ...details };
}

/** `--metadata`; `what` is what they are attached to. */
export function metadataFlag(what: string) {
  return assignments('--metadata <KEY=VALUE>', `attach to the ${what}; may be repeated`);
}

/** `--set`, where a job gets the values. */
export function setFlag() {
  return assignments('--set <NAME=VALUE>', 'parameter or variable of the pipeline for this run; may be repeated');
}

/** Files of a definition beside the main one. */
export function partsFlag() {
  return texts('-f, --files <path>', 'further file of the definition, or a folder to find imported ones in; may be repeated', { complete: 'file' });
}

/** Changing metadata of what exists. */
export const metadataChanges = {
  metadata: assignments('--metadata <KEY=VALUE>', 'add this, or replace the value of that key; may be repeated'),
  remove: texts('--remove-metadata <KEY>', 'remove that key; may be repeated', { complete: 'none' }),
};
