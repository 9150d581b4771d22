import { ResultsClient, type ResultsEndpoint } from '../../api/results/client.ts';

/** The client of the Results Service, made anew where the last one did not reach it: the service may have moved. */
export class ResultsAccess {
  readonly #find: () => Promise<ResultsEndpoint>;
  readonly #timeoutMs: number;
  #client: Promise<ResultsClient> | undefined;

  constructor(find: () => Promise<ResultsEndpoint>, timeoutMs: number) {
    this.#find = find;
    this.#timeoutMs = timeoutMs;
  }

  async ask<Answer>(question: (client: ResultsClient) => Promise<Answer>): Promise<Answer> {
    try {
      this.#client ??= this.#find().then((endpoint) => new ResultsClient(endpoint, this.#timeoutMs));
      return await question(await this.#client);
    } catch (thrown) {
      this.#client = undefined;
      throw thrown;
    }
  }
}
