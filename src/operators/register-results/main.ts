import { setTimeout as sleep } from 'node:timers/promises';
import { ResultsClient, type ResultsEndpoint } from '../../api/results/client.ts';
import { readOperatorEnvironment, type NamedPath } from '../../config/operator-environment.ts';
import { ClaraError } from '../../core/errors.ts';
import { resultsPort } from '../../core/results.ts';
import { runOperator, type OperatorLog } from '../contract/program.ts';
import { payloadNames } from './files.ts';
import { originOf, registrationsOf } from './registrations.ts';

/** Longest wait for one answer, and pauses between attempts; milliseconds. */
const answerMs = 10_000;
const pausesMs = { first: 250, longest: 5000 };

await runOperator(
  {
    name: 'register-results',
    summary: 'tells the Results Service that files of a job are ready for an exporter; copies nothing',
    // The command of the original's image, which definitions have in full.
    leadingWords: [/^python[\d.]*$/, /(^|\/)register\.py$/],
    inputs: [{ name: 'input', fallback: '/input', help: 'folder whose files are registered; in a pipeline every input is' }],
    output: 'none',
    options: {
      agent: { kind: 'text', variable: 'REGISTER_AGENT', fallback: undefined, help: 'exporter that the files are for' },
      data: { kind: 'text', variable: 'REGISTER_DATA', fallback: undefined, help: 'JSON for the exporter; of an array each element makes a task of its own' },
      prefix: { kind: 'text', variable: 'REGISTER_PREFIX', fallback: '/input', help: 'where the folder lies in the payload; by hand only' },
      patience: { kind: 'number', variable: 'REGISTER_PATIENCE', fallback: 60, minimum: 0, help: 'how long to try where the Results Service does not answer, s' },
    },
    examples: [
      'register-results --agent ClaraSCU --data \'["MYPACS"]\'',
      'register-results --agent ClaraSCU --data \'["MYPACS"]\' --input dicom/ --prefix /operators/dicom-writer/dicom',
    ],
  },
  async ({ inputs, options, log, signal }) => {
    const { variable, uris: mapped } = readOperatorEnvironment();
    const { agent, data, prefix, patience } = options;
    if (agent === undefined) throw new ClaraError('usage', 'nobody says which exporter the files are for', { hint: '--agent NAME' });
    const folders: readonly NamedPath[] = mapped.length > 0 ? mapped : [{ name: prefix!, path: inputs.input }];
    const origin = originOf(variable);
    const files = await payloadNames(folders);
    if (files.length === 0) throw new ClaraError('not-found', `there is no file to register in ${folders.map(({ path }) => path).join(', ')}`);
    const client = new ResultsClient(endpointOf(variable), answerMs);
    const stage = variable('NVIDIA_CLARA_STAGENAME');
    for (const [index, registration] of registrationsOf(agent, data, origin, files).entries()) {
      // An operator that is run again, because its platform was stopped meanwhile, must not deliver twice.
      const key = stage === undefined ? undefined : `${origin.jobId}/${stage}/${index}`;
      const id = await patiently(patience, log, signal, () => client.register(agent, registration, key, { signal }));
      log.info(`${files.length} ${files.length === 1 ? 'file' : 'files'} registered for ${agent}${registration.parameters === null ? '' : ` with ${registration.parameters}`}: task ${id}`);
    }
  },
);

/** The socket where there is one, which needs no network; else the address. */
function endpointOf(variable: (name: string) => string | undefined): ResultsEndpoint {
  const path = variable('CLARA_RESULTSSERVICE_SOCKET');
  if (path !== undefined) return { kind: 'socket', path };
  const host = variable('CLARA_RESULTSSERVICE_SERVICE_HOST');
  if (host === undefined) throw new ClaraError('usage', 'nobody says where the Results Service is', { hint: 'set CLARA_RESULTSSERVICE_SERVICE_HOST and CLARA_RESULTSSERVICE_SERVICE_PORT' });
  return { kind: 'network', host, port: Number(variable('CLARA_RESULTSSERVICE_SERVICE_PORT') ?? resultsPort) };
}

/** Tries again while nobody answers: a platform that is restarted lets its operators go on. */
async function patiently<Result>(seconds: number, log: OperatorLog, signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  for (let pause = pausesMs.first; ; pause = Math.min(pause * 2, pausesMs.longest)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ClaraError) || error.kind !== 'unreachable' || Date.now() + pause > end) throw error;
      log.warn(`${error.message}; trying again`);
    }
    await sleep(pause, undefined, { signal });
  }
}
