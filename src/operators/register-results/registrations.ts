import { ClaraError } from '../../core/errors.ts';
import { checkAgent, type Registration } from '../../core/results.ts';

/** Where results come from: the ids of what made them. */
export type Origin = Pick<Registration, 'jobId' | 'pipelineId' | 'payloadId'>;

/**
 * What is registered: one task for each destination, so that each has retries of its own, and because exporters take one
 * JSON value for their parameters.
 * @param data JSON; of an array each element is a destination
 * @throws ClaraError `usage`
 */
export function registrationsOf(agent: string, data: string | undefined, origin: Origin, uris: readonly string[]): Registration[] {
  checkAgent(agent);
  return parametersOf(data).map((parameters) => ({ ...origin, parameters, uris }));
}

function parametersOf(data: string | undefined): (string | null)[] {
  if (data === undefined) return [null];
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (thrown) {
    throw new ClaraError('usage', `--data is not JSON: ${data}`, { hint: 'in a definition: "--data", "[\\"MYPACS\\"]"; in a shell: --data \'["MYPACS"]\'', cause: thrown });
  }
  if (!Array.isArray(value)) return [data];
  if (value.length === 0) throw new ClaraError('usage', '--data names no destination', { hint: 'leave it out where the exporter needs none' });
  return value.map((element) => JSON.stringify(element));
}

/** The ids that the platform passes. @throws ClaraError `usage` that names all that are missing */
export function originOf(variable: (name: string) => string | undefined): Origin {
  const names = { jobId: 'NVIDIA_CLARA_JOBID', pipelineId: 'NVIDIA_CLARA_PIPELINEID', payloadId: 'NVIDIA_CLARA_PAYLOADID' } as const;
  const missing = Object.values(names).filter((name) => variable(name) === undefined);
  if (missing.length > 0) {
    throw new ClaraError('usage', `nobody says which job this is: ${missing.join(', ')} not set`, { hint: 'the platform sets them; by hand, set them to the ids that `clara describe job` prints' });
  }
  return { jobId: variable(names.jobId)!, pipelineId: variable(names.pipelineId)!, payloadId: variable(names.payloadId)! };
}
