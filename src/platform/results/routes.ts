import { type FastifyInstance, type FastifyReply } from 'fastify';
import { ClaraError } from '../../core/errors.ts';
import { areParameters, parseTaskState, registrationKeyHeader, taskStates, type Registration, type ResultTask, type TaskState } from '../../core/results.ts';
import { type GroupCommit } from '../../system/database/group-commit.ts';
import {
  agentParams, agentStateParams, datedTask, error, failureReport, keyHeaders, listQuery, registration, sizeQuery, task, taskParams,
} from './schemas.ts';
import { type TaskStore } from './store.ts';

/** What the routes work on. */
export interface TaskQueue {
  readonly store: TaskStore;
  readonly commits: GroupCommit;
}

const defaultSize = 10;
const mostSize = 1000;

const none = { description: 'nothing found', type: 'null' } as const;
const done = { description: 'done', type: 'null' } as const;
const refused = (description: string) => ({ ...error, description });
const unknownTask = refused('there is no such task');

/** The routes that the guide documents (Results Service, 0.8.1), and two of ours that only look. */
export function addRoutes(app: FastifyInstance, queue: TaskQueue): void {
  addRegistration(app, queue);
  addReading(app, queue);
  addReports(app, queue);
}

function addRegistration(app: FastifyInstance, { store, commits }: TaskQueue): void {
  app.post<{ Params: { agent: string }; Body: Registration; Headers: Record<string, string | undefined> }>('/api/tasks/register/:agent', {
    schema: {
      summary: 'Register results for an exporter', tags: ['producers'], consumes: ['application/json'],
      params: agentParams, headers: keyHeaders, body: registration,
      response: { 200: { description: 'id of the task', type: 'string', format: 'uuid' }, 400: refused('a field is missing or wrong'), 415: refused('the body is not JSON') },
    },
  }, async ({ params, body, headers }, reply) => {
    if (typeof body.parameters === 'string' && !areParameters(body.parameters)) throw new ClaraError('usage', 'body/parameters must be JSON text');
    const taskId = await commits.run(() => store.register(params.agent, body, headers[registrationKeyHeader], Date.now()));
    return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(taskId);
  });
}

function addReading(app: FastifyInstance, { store, commits }: TaskQueue): void {
  const found = (description: string) => ({ 200: { description, type: 'array', items: task }, 204: none, 400: refused('the exporter, state or size is wrong') });

  app.get<{ Params: { agent: string }; Querystring: { size?: string } }>('/api/tasks/:agent', {
    schema: { summary: 'Look at the tasks of an exporter', tags: ['exporters'], params: agentParams, querystring: sizeQuery, response: found('its tasks in any state, oldest first') },
  }, ({ params, query }, reply) => answer(reply, store.list({ agent: params.agent, size: sizeOf(query) }, { oldestFirst: true }, Date.now())));

  app.get<{ Params: { agent: string; state: string }; Querystring: { size?: string } }>('/api/tasks/:agent/:state', {
    schema: {
      summary: 'Take waiting tasks, or look at those in another state', tags: ['exporters'],
      description: 'Reading `pending` takes the tasks: they are in progress from then on, and whoever read them reports what became of them. Other states are only looked at.',
      params: agentStateParams, querystring: sizeQuery, response: found('tasks; those that were taken as they were before'),
    },
  }, async ({ params: { agent, state }, query }, reply) => {
    const wanted = stateOf(state);
    if (wanted !== 'Pending') return answer(reply, store.list({ agent, state: wanted, size: sizeOf(query) }, { oldestFirst: true }, Date.now()));
    // Most polls find nothing; they write nothing, either.
    if (!store.isAnyWaiting(agent, Date.now())) return answer(reply, []);
    return answer(reply, await commits.run(() => store.claim(agent, sizeOf(query), Date.now())));
  });

  app.get<{ Querystring: { size?: string; agent?: string; state?: string; before?: string } }>('/api/tasks', {
    schema: {
      summary: 'Look at the tasks of all exporters', tags: ['observers'], description: 'Newest first. Changes nothing, whatever the state.', querystring: listQuery,
      response: { 200: { description: 'tasks', type: 'array', items: datedTask }, 400: refused('a value is wrong') },
    },
  }, ({ query: { agent, state, before, size } }) => store.list({
    size: sizeOf({ size }), ...(agent === undefined ? {} : { agent }), ...(state === undefined ? {} : { state: stateOf(state) }),
  }, { before }, Date.now()));

  app.get<{ Params: { taskId: string } }>('/api/tasks/:taskId(^[0-9A-Fa-f-]{36}$)', {
    schema: { summary: 'Look at one task', tags: ['observers'], params: taskParams, response: { 200: { ...datedTask, description: 'the task' }, 404: unknownTask } },
  }, ({ params }) => store.get(params.taskId, Date.now()) ?? unknown(params.taskId));
}

function addReports(app: FastifyInstance, { store, commits }: TaskQueue): void {
  app.put<{ Params: { taskId: string }; Body: { retryLater?: boolean } | undefined }>('/api/tasks/failure/:taskId', {
    schema: { summary: 'Report that a task failed', tags: ['exporters'], params: taskParams, body: failureReport, response: { 200: done, 400: refused('the body is wrong'), 404: unknownTask } },
  }, async ({ params: { taskId }, body }, reply) => {
    if (!await commits.run(() => store.fail(taskId, body?.retryLater === true, Date.now()))) unknown(taskId);
    return reply.code(200).send();
  });

  // Reports without a body: whatever is sent as one, of whatever type, is read and not looked at.
  app.register((plain, _options, ready) => {
    plain.removeAllContentTypeParsers();
    plain.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 65_536 }, (_request, _body, parsed) => parsed(null, undefined));
    plain.put<{ Params: { taskId: string } }>('/api/tasks/success/:taskId', {
      schema: { summary: 'Report that a task succeeded', tags: ['exporters'], params: taskParams, response: { 200: done, 404: unknownTask } },
    }, async ({ params: { taskId } }, reply) => {
      if (!await commits.run(() => store.succeed(taskId, Date.now()))) unknown(taskId);
      return reply.code(200).send();
    });
    plain.put<{ Params: { taskId: string } }>('/api/tasks/retry/:taskId', {
      schema: {
        summary: 'Let a task wait again as if it were new', tags: ['observers'], description: 'For people: whatever became of the task, its exporter gets it again.',
        params: taskParams, response: { 200: done, 404: unknownTask },
      },
    }, async ({ params: { taskId } }, reply) => {
      if (!await commits.run(() => store.retry(taskId, Date.now()))) unknown(taskId);
      return reply.code(200).send();
    });
    ready();
  });
}

function answer(reply: FastifyReply, tasks: readonly ResultTask[]): FastifyReply {
  return tasks.length === 0 ? reply.code(204).send() : reply.send(tasks);
}

function sizeOf({ size }: { readonly size?: string | undefined }): number {
  return size === undefined ? defaultSize : Math.min(Number(size), mostSize);
}

function stateOf(text: string): TaskState {
  const state = parseTaskState(text);
  if (state !== undefined) return state;
  throw new ClaraError('usage', `there is no state \`${text}\`: it is one of ${Object.keys(taskStates).join(', ')}`);
}

function unknown(taskId: string): never {
  throw new ClaraError('not-found', `there is no task ${taskId}`);
}
