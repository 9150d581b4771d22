import { readFileSync } from 'node:fs';

/**
 * Which operator of which job a process of this machine is, by the environment that every operator is given; undefined
 * where it is none, or the system does not tell us (another user's process, not Linux).
 */
export function operatorOf(pid: number): { readonly jobId: string; readonly name: string } | undefined {
  let environment: string;
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return undefined;
  }
  const variables = new Map(environment.split('\0').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  const jobId = variables.get('NVIDIA_CLARA_JOBID');
  const name = variables.get('NVIDIA_CLARA_STAGENAME');
  return jobId === undefined || name === undefined ? undefined : { jobId, name };
}
