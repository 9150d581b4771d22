import { parseId } from '../../core/ids.ts';
import { nearest } from '../../core/text/nearest.ts';
import { tags } from '../part10/scanner.ts';
import { parseTag } from './tag.ts';

export const priorities = ['lower', 'normal', 'higher', 'immediate'] as const;
export type Priority = (typeof priorities)[number];

/** A pipeline that runs on what an AE title receives. */
export interface PipelineRule {
  /** From `pipeline-<name>`; part of the job's name. */
  readonly name: string;
  readonly pipelineId: string;
}

/** What is done with what an AE title receives. */
export interface ProcessorRules {
  /** How long a group has to be quiet until it is closed, in ms; 0: the instances of one association are a group. */
  readonly quietMs: number;
  readonly groupBy: number;
  readonly priority: Priority;
  /** The pause before the first attempt after one that failed, in ms. */
  readonly retryDelayMs: number;
  readonly pipelines: readonly PipelineRule[];
}

export type ParsedProcessor =
  | { readonly kind: 'rules'; readonly rules: ProcessorRules }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** Shortest quiet time of the later generation, in seconds; less is raised to it (dicom-adapter 5.2). */
const leastSeconds = 5;
const known = ['timeout', 'jobRetryDelay', 'priority', 'groupBy'] as const;

/** The name under which the original's default processor is configured. */
export const defaultProcessor = 'Nvidia.Clara.DicomAdapter.Server.Processors.AeTitleJobProcessor, Nvidia.Clara.DicomAdapter';

/** Whether a text names that processor, in any of the spellings of its releases; it is the only one there is. */
export function isKnownProcessor(text: string): boolean {
  return /^Nvidia\.Clara\.(DicomAdapter\.(Server\.)?Processors\.AeTitleJobProcessor|Dicom\.Processors\.JobProcessor)\b/i.test(text.trim());
}

/**
 * Processor settings of an AE title (Clara guide, DICOM Adapter, AE Title Job Processor). All problems at once.
 * @param exact the time-out is taken as it is, as the older generation did, where 0 means the end of the association
 */
export function parseProcessor(settings: Readonly<Record<string, string>>, aeTitle: string, exact = false): ParsedProcessor {
  const problems: string[] = [];
  const pipelines: PipelineRule[] = [];
  const given = new Map<string, string>();
  for (const [key, value] of Object.entries(settings)) {
    const setting = known.find((name) => name.toLowerCase() === key.toLowerCase());
    if (setting !== undefined) given.set(setting, value.trim());
    else if (/^pipeline-/i.test(key)) addPipeline(key.slice('pipeline-'.length), value);
    else {
      const near = nearest(key, [...known, 'pipeline-<name>']);
      problems.push(`[ERROR] unknown setting '${key}'${near === undefined ? '' : `; did you mean '${near}'?`}`);
    }
  }
  function addPipeline(name: string, value: string): void {
    const pipelineId = parseId(value);
    if (name === '') problems.push('[ERROR] a pipeline has no name; write pipeline-<name>');
    else if (pipelineId === undefined) problems.push(`[ERROR] 'pipeline-${name}': '${value}' is not the id of a pipeline`);
    else pipelines.push({ name, pipelineId });
  }
  const whole = (name: string, fallback: number) => {
    const text = given.get(name);
    if (text === undefined) return fallback;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    problems.push(`[ERROR] '${name}' must be a whole number of 0 or more, not '${text}'`);
    return fallback;
  };
  const timeout = whole('timeout', leastSeconds);
  const retryDelayMs = whole('jobRetryDelay', 5000);
  const priority = priorities.find((name) => name === (given.get('priority') ?? 'normal').toLowerCase());
  if (priority === undefined) problems.push(`[ERROR] 'priority' must be lower, normal, higher or immediate, not '${given.get('priority')}'`);
  const groupBy = given.has('groupBy') ? parseTag(given.get('groupBy')!) : tags.studyInstance;
  if (groupBy === undefined) problems.push(`[ERROR] 'groupBy' must be a DICOM tag such as 0020,000D, not '${given.get('groupBy')}'`);
  if (pipelines.length === 0) problems.push(`[ERROR] No pipeline defined for AE Title ${aeTitle}.`);
  if (problems.length > 0) return { kind: 'problems', problems };
  const seconds = exact ? timeout : Math.max(leastSeconds, timeout);
  return { kind: 'rules', rules: { quietMs: seconds * 1000, groupBy: groupBy!, priority: priority!, retryDelayMs, pipelines } };
}
