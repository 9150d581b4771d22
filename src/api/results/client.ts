import { ClaraError } from '../../core/errors.ts';
import { registrationKeyHeader, type DatedResultTask, type Registration, type ResultTask, type TaskState } from '../../core/results.ts';
import { ask, nameOf, type Answer, type Question, type ResultsEndpoint } from './http.ts';

export { type ResultsEndpoint } from './http.ts';

export interface ResultsControl {
  readonly signal?: AbortSignal;
}

/** Which tasks to look at; what is left out does not restrict. */
export interface TaskQuery {
  readonly agent?: string;
  readonly state?: TaskState;
  /** No more than so many. */
  readonly limit?: number;
}

const pageSize = 200;

/** A client of the Results Service. Failures are ClaraErrors; an answer that is none of the service's is one, too. */
export class ResultsClient {
  readonly #endpoint: ResultsEndpoint;
  readonly #timeoutMs: number;

  /** @param timeoutMs longest wait for an answer */
  constructor(endpoint: ResultsEndpoint, timeoutMs: number) {
    this.#endpoint = endpoint;
    this.#timeoutMs = timeoutMs;
  }

  /** Registers results and returns the task's id; the same key twice makes one task. */
  async register(agent: string, registration: Registration, key?: string, control?: ResultsControl): Promise<string> {
    const { text } = await this.#ask({
      method: 'POST', path: `/api/tasks/register/${encodeURIComponent(agent)}`, body: registration, ...(key === undefined ? {} : { headers: { [registrationKeyHeader]: key } }),
    }, control);
    return this.#parse<string>(text, (value) => typeof value === 'string');
  }

  /** Takes waiting tasks of an exporter: whoever does reports what became of each. */
  async take(agent: string, size: number, control?: ResultsControl): Promise<ResultTask[]> {
    const { status, text } = await this.#ask({ method: 'GET', path: `/api/tasks/${encodeURIComponent(agent)}/pending?size=${size}` }, control);
    return status === 204 ? [] : this.#parse<ResultTask[]>(text, Array.isArray);
  }

  /** Tasks of all exporters, newest first, page by page; nothing is taken. */
  async* list({ agent, state, limit = Infinity }: TaskQuery, control?: ResultsControl): AsyncGenerator<DatedResultTask> {
    let left = limit;
    let before: string | undefined;
    while (left > 0) {
      const query = new URLSearchParams({ size: String(Math.min(left, pageSize)) });
      for (const [name, value] of Object.entries({ agent, state, before })) if (value !== undefined) query.set(name, value);
      const { text } = await this.#ask({ method: 'GET', path: `/api/tasks?${query}` }, control);
      const page = this.#parse<DatedResultTask[]>(text, Array.isArray);
      if (page.length === 0) return;
      yield* page;
      left -= page.length;
      before = page.at(-1)!.taskId;
    }
  }

  /** @throws ClaraError `not-found` */
  async get(taskId: string, control?: ResultsControl): Promise<DatedResultTask> {
    const { text } = await this.#ask({ method: 'GET', path: `/api/tasks/${encodeURIComponent(taskId)}` }, control);
    return this.#parse<DatedResultTask>(text, (value) => typeof value === 'object' && value !== null);
  }

  async succeeded(taskId: string, control?: ResultsControl): Promise<void> {
    await this.#ask({ method: 'PUT', path: `/api/tasks/success/${encodeURIComponent(taskId)}` }, control);
  }

  async failed(taskId: string, retryLater: boolean, control?: ResultsControl): Promise<void> {
    await this.#ask({ method: 'PUT', path: `/api/tasks/failure/${encodeURIComponent(taskId)}`, body: { retryLater } }, control);
  }

  /** Lets a task wait again as if it were new. */
  async retry(taskId: string, control?: ResultsControl): Promise<void> {
    await this.#ask({ method: 'PUT', path: `/api/tasks/retry/${encodeURIComponent(taskId)}` }, control);
  }

  async #ask(question: Omit<Question, 'timeoutMs'>, control: ResultsControl = {}): Promise<Answer> {
    const answer = await ask(this.#endpoint, { ...question, ...control, timeoutMs: this.#timeoutMs });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.#failure(answer);
  }

  #failure({ status, text }: Answer): ClaraError {
    const said = errorIn(text);
    const where = `the Results Service at ${nameOf(this.#endpoint)}`;
    if (said === undefined) return new ClaraError(status >= 500 ? 'unreachable' : 'failed', `${where} answers with HTTP ${status}`, { hint: 'is it a Results Service of this product?' });
    switch (status) {
      case 401: return new ClaraError('failed', `${where} refuses: ${said}`, { hint: 'name the file with the token with CLARA_TOKEN_FILE' });
      case 404: return new ClaraError('not-found', said);
      case 400: return new ClaraError('usage', said);
      default: return new ClaraError(status >= 500 ? 'unreachable' : 'failed', `${where} refuses: ${said}`);
    }
  }

  #parse<Value>(text: string, fits: (value: unknown) => boolean): Value {
    try {
      const value = JSON.parse(text) as unknown;
      if (fits(value)) return value as Value;
    } catch {
      // Said below.
    }
    throw new ClaraError('failed', `what answers at ${nameOf(this.#endpoint)} is no Results Service`);
  }
}

function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}
