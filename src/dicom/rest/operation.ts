import { type FastifyInstance } from 'fastify';
import { type ExplainFileRequest } from '../operate/explain-file.ts';
import { type Operation } from '../operate/operation.ts';
import { problem } from './schemas.ts';

/** States of the adapter's parts, in the words of the original: all of them run for as long as the API answers. */
const services = { SpaceReclaimerService: 'Running', JobSubmissionService: 'Running', DataRetrievalService: 'Running', ScpService: 'Running', ScuExportService: 'Running', DicomWebExportService: 'Running' } as const;

const text = { type: 'string' } as const;
/** Described in words: what is in it grows, and nothing of it may get lost. */
const open = (description: string) => ({ description, type: 'object', additionalProperties: true }) as const;

/** `/health` (dicom-adapter 12.3). */
export function addHealth(app: FastifyInstance, operation: Operation): void {
  const tags = ['health'];
  app.get('/health/status', { schema: { tags, summary: 'Which parts run', response: { 200: open('open associations, and the state of each part') } } }, () => ({ activeDimseConnections: operation.status().associations.open, services }));
  for (const path of ['/health/ready', '/health/live']) {
    app.get(path, { schema: { tags, summary: 'Whether all parts run', response: { 200: { description: 'Healthy', ...text } } } }, (_request, reply) => reply.type('text/plain; charset=utf-8').send('Healthy'));
  }
}

const fileBody = {
  type: 'object', required: ['file'],
  properties: {
    file: {
      type: 'object', required: ['sopClass', 'sopInstance', 'transferSyntax', 'values'],
      properties: { sopClass: text, sopInstance: text, transferSyntax: text, values: { description: 'by tag, `00100020`', type: 'object', additionalProperties: text } },
    },
    from: { type: 'object', required: ['aeTitle'], properties: { aeTitle: text, hostIp: text } },
    to: text,
  },
} as const;

/** What `clara dicom status`, `explain` and `retry` ask. */
export function addOperation(app: FastifyInstance, operation: Operation): void {
  const tags = ['operation'];
  app.get('/api/status', { schema: { tags, summary: 'What the adapter is doing', response: { 200: open('associations, inbox, open groups, submissions, exports and disk'), 500: problem } } }, () => operation.status());
  app.post<{ Body: ExplainFileRequest }>('/api/explain/file', {
    schema: { tags, summary: 'What would become of a file', consumes: ['application/json'], body: fileBody, response: { 200: open('for each AE title: accepted or why not, its group, and the jobs'), 400: problem } },
  }, ({ body }) => operation.explainFile(body));
  app.get<{ Params: { id: string } }>('/api/explain/job/:id', {
    schema: {
      tags, summary: 'Why there is a job', params: { type: 'object', properties: { id: { ...text, description: 'first digits of the id of a job, a payload or a submission, or the name of a job' } } },
      response: { 200: open('the rule, the group, its senders and instances, and what became of the submission'), 400: problem, 404: problem },
    },
  }, ({ params }) => operation.explainJob(params.id));
  app.post<{ Body: { id?: string } }>('/api/submissions/retry', {
    schema: { tags, summary: 'Begin anew with submissions that were given up', consumes: ['application/json'], body: { type: 'object', properties: { id: { ...text, description: 'as above; without it all of them' } } }, response: { 200: open('what was begun'), 400: problem, 404: problem } },
  }, ({ body }) => ({ submissions: operation.retry(body.id) }));
}
