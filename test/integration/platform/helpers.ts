import { type ClaraError } from '../../../src/core/errors.ts';
import { ClaraService, JobsService, ModelsService, MonitorService, PayloadsService, PipelinesService } from '../../../src/api/services.ts';
import { type TestServer } from '../../helpers/platform.ts';

/** All six services of a server. */
export function clients({ connection }: Pick<TestServer, 'connection'>) {
  return {
    clara: connection.service(ClaraService),
    jobs: connection.service(JobsService),
    models: connection.service(ModelsService),
    monitor: connection.service(MonitorService),
    payloads: connection.service(PayloadsService),
    pipelines: connection.service(PipelinesService),
  };
}
export type Clients = ReturnType<typeof clients>;

/** The error that some work fails with; it is one itself where the work succeeds. */
export async function failure(work: Promise<unknown>): Promise<ClaraError> {
  try {
    await work;
  } catch (thrown) {
    return thrown as ClaraError;
  }
  throw new Error('it succeeded');
}

/** All messages of a stream. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

/** A definition of operators that run a shell command on the host, each behind the ones it names. */
export function definition(name: string, operators: readonly { readonly name: string; readonly after?: readonly string[]; readonly command?: string }[], head = ''): string {
  return [
    'api-version: 0.4.0', `name: ${name}`, head, 'operators:',
    ...operators.flatMap((operator) => [
      `- name: ${operator.name}`,
      '  container:', '    image: host', '    tag: latest', `    command: ["/bin/sh", "-c", ${JSON.stringify(operator.command ?? 'true')}]`,
      '  input:',
      ...(operator.after ?? []).flatMap((from) => [`  - from: ${from}`, `    path: /in/${from}`]),
      ...(operator.after === undefined ? ['  - path: /input'] : []),
      '  output:', '  - path: /output',
    ]),
  ].filter((line) => line !== '').join('\n');
}

export const oneStep = definition('one-step', [{ name: 'step' }]);

/** Registers a definition of one file and returns its id. */
export async function register({ pipelines }: Clients, content: string): Promise<{ value: string }> {
  return (await pipelines.create([{ definition: { path: './pipeline.yaml', content } }])).pipelineId!;
}
