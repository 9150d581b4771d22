import { agentPattern, taskIdPattern, taskStates } from '../../core/results.ts';

/** JSON schemas of the Results Service: they check requests, write answers, and are its OpenAPI page. */

const id = { type: 'string', minLength: 1, maxLength: 255 } as const;
const guid = '85065833-c555-4080-afd1-328a99cfb762';

export const registration = {
  type: 'object',
  required: ['pipelineId', 'jobId', 'payloadId', 'uris'],
  properties: {
    pipelineId: { ...id, description: 'pipeline that made the files', examples: ['5a9ff26c13fb4fbb8ff8a2b46a5dcd0a'] },
    jobId: { ...id, description: 'job that made them' },
    payloadId: { ...id, description: 'payload that holds them' },
    parameters: { type: 'string', nullable: true, maxLength: 65_536, description: 'argument for the exporter: JSON text', examples: ['"MYPACS"'] },
    uris: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1, maxLength: 4096 }, description: 'names of the files, as the payload\'s download takes them', examples: [['/operators/dicom-writer/dicom/1.dcm']] },
  },
} as const;

export const failureReport = {
  type: 'object',
  properties: { retryLater: { type: 'boolean', default: false, description: 'whether the task is to wait for another attempt' } },
} as const;

export const task = {
  type: 'object',
  properties: {
    taskId: { type: 'string', format: 'uuid', examples: [guid] },
    jobId: { type: 'string' },
    pipelineId: { type: 'string' },
    payloadId: { type: 'string' },
    parameters: { type: 'string', nullable: true },
    state: { type: 'string', enum: Object.keys(taskStates) },
    retries: { type: 'integer', description: 'how often it was put back' },
    agent: { type: 'string' },
    uris: { type: 'array', items: { type: 'string' } },
  },
} as const;

export const datedTask = {
  ...task,
  properties: { ...task.properties, created: { type: 'string', format: 'date-time' }, updated: { type: 'string', format: 'date-time' } },
} as const;

export const error = { type: 'object', properties: { error: { type: 'string', description: 'what is wrong: one line' } } } as const;

const agent = { type: 'string', pattern: agentPattern, description: 'name of an exporter, in any case' } as const;
const state = { type: 'string', description: 'pending, inProgress, succeeded or failed, or its number' } as const;
const size = { type: 'string', pattern: '^0*[1-9][0-9]{0,8}$', description: 'most tasks to return (10; never more than 1000)' } as const;

export const agentParams = { type: 'object', required: ['agent'], properties: { agent } } as const;
export const agentStateParams = { type: 'object', required: ['agent', 'state'], properties: { agent, state } } as const;
export const taskParams = { type: 'object', required: ['taskId'], properties: { taskId: { type: 'string', description: 'GUID of the task', examples: [guid] } } } as const;
export const sizeQuery = { type: 'object', properties: { size } } as const;
export const listQuery = {
  type: 'object',
  properties: { size, agent, state, before: { type: 'string', pattern: taskIdPattern, description: 'only tasks that are older than this one: the last of the page before' } },
} as const;
export const keyHeaders = {
  type: 'object',
  properties: { 'idempotency-key': { type: 'string', minLength: 1, maxLength: 255, description: 'a registration with a key that this exporter\'s tasks have had before returns the task of then' } },
} as const;
