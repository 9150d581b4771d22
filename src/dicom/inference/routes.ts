import { type FastifyInstance, type FastifyReply } from 'fastify';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { isDatabaseFailure } from '../../system/database/sqlite.ts';
import { type Problem } from '../rest/problems.ts';
import { problem } from '../rest/schemas.ts';
import { type HostRule } from './request/host-rule.ts';
import { parseInferenceRequest } from './request/parse.ts';
import { acceptedShape, requestBody, statusShape } from './schemas.ts';
import { type InferenceService } from './service.ts';
import { requestStatus, type StatusOptions } from './status.ts';

export interface InferenceRoutesOptions extends Omit<StatusOptions, 'isInProcess'> {
  readonly service: InferenceService;
  readonly hosts: HostRule;
}

/** `POST /api/inference` and `GET /api/inference/status/{id}` (dicom-adapter 13). */
export function addInference(app: FastifyInstance, { service, hosts, store, connection }: InferenceRoutesOptions): void {
  app.post('/api/inference', {
    schema: { tags: ['inference'], consumes: ['application/json'], summary: 'Request an inference', body: requestBody, response: { 200: acceptedShape, 400: problem, 415: problem, 422: problem, 500: problem } },
    // The schema describes; what is wrong is found by the parser, all of it, and answered with 422.
    validatorCompiler: () => () => true,
    config: { failing: 'Failed to save request' },
  }, async ({ body }, reply) => {
    const parsed = parseInferenceRequest(body, hosts);
    if (parsed.kind === 'problems') return send(reply, { title: 'Invalid request', status: 422, detail: parsed.problems.join('\n') });
    try {
      const acceptance = await service.accept(parsed.request, body);
      if (acceptance.kind === 'accepted') return acceptance;
      return send(reply, { title: 'Invalid request', status: 422, detail: 'transactionID: is that of another request; give each request one of its own' });
    } catch (thrown) {
      if (isDatabaseFailure(thrown)) throw thrown;
      const detail = thrown instanceof ClaraError ? [thrown.message, ...thrown.details].join('\n') : messageOf(thrown);
      return send(reply, { title: 'Failed to create job', status: 500, detail });
    }
  });
  app.get<{ Params: { id: string } }>('/api/inference/status/:id', {
    schema: { tags: ['inference'], summary: 'Ask how an inference request stands', params: { type: 'object', properties: { id: { type: 'string', description: 'transactionID, job id or payload id' } } }, response: { 200: statusShape, 404: problem, 500: problem } },
    config: { failing: 'Failed to retrieve inference request status.' },
  }, async ({ params }, reply) => {
    const status = await requestStatus(params.id, { store, connection, isInProcess: (id) => service.isInProcess(id) });
    return status ?? send(reply, { title: 'Inference request not found.', status: 404, detail: 'There is no inference request with this transaction, job or payload id.' });
  });
}

function send(reply: FastifyReply, answer: Problem): FastifyReply {
  return reply.code(answer.status).type('application/problem+json; charset=utf-8').serializer(JSON.stringify).send(answer);
}
