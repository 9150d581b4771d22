import { type ProgramResult } from '../../system/run-program.ts';
import { type CallOptions, questionMs, Tool, type ToolSurroundings } from '../tool.ts';
import { toolFailure } from '../tool-failure.ts';
import { type ClusterPlace, createArguments, deleteArguments, endPodsArguments, getArguments, logArguments, type LogQuery, type Query, replaceArguments, versionArguments } from './arguments.ts';
import { accessReviews, refusedRights, type Right } from './objects.ts';
import { kubectlHint, readKubectlVersions, type KubectlVersions } from './version.ts';

/** Whether kubectl says that what was asked for does not exist. */
export const isNotFound = ({ stderr }: ProgramResult) => /\(NotFound\)/.test(stderr);
export const isForbidden = ({ stderr }: ProgramResult) => /\(Forbidden\)/.test(stderr);

/** Calls the kubectl program for one cluster and namespace. */
export class Kubectl {
  readonly #tool: Tool;
  readonly #at: ClusterPlace;
  #versions: Promise<KubectlVersions> | undefined;

  constructor(at: ClusterPlace, surroundings: ToolSurroundings) {
    this.#at = at;
    this.#tool = new Tool({ program: 'kubectl', hint: kubectlHint }, surroundings);
  }

  /** Which kubectl and which cluster; asked once. Fails where kubectl is missing or too old, and where no cluster answers. */
  versions(): Promise<KubectlVersions> {
    return (this.#versions ??= this.#tool.run(versionArguments(this.#at), { timeoutMs: 30_000 }).then(readKubectlVersions));
  }

  /** What kubectl answers, whatever it is. */
  get(query: Query, options: CallOptions = {}): Promise<ProgramResult> {
    return this.#tool.run(getArguments(query, this.#at), { timeoutMs: questionMs, ...options });
  }

  /** Objects as data; `what` says what could not be done otherwise. */
  async objects<T>(what: string, query: Query, options: CallOptions = {}): Promise<readonly T[]> {
    const text = await this.#tool.expect(what, getArguments({ ...query, output: 'json' }, this.#at), { timeoutMs: questionMs, ...options });
    if (text.trim() === '') return [];
    const answer = JSON.parse(text) as { readonly kind: string; readonly items?: readonly T[] };
    return answer.items ?? [answer as T];
  }

  /** Makes objects from a manifest, which is no argument: it may hold secrets. Returns kubectl's own word about it. */
  async create(what: string, manifest: string): Promise<string> {
    return (await this.#tool.expect(what, createArguments(this.#at), { input: manifest, timeoutMs: questionMs })).trimEnd();
  }

  /** Like `create` for objects that are there. */
  async replace(what: string, manifest: string): Promise<string> {
    return (await this.#tool.expect(what, replaceArguments(this.#at), { input: manifest, timeoutMs: questionMs })).trimEnd();
  }

  /** Those that the user does not have. */
  async refused(rights: readonly Right[]): Promise<readonly Right[]> {
    const result = await this.#tool.run(createArguments(this.#at, { answer: true }), { input: accessReviews(rights, this.#at.namespace), timeoutMs: questionMs });
    if (result.exitCode !== 0) throw toolFailure('kubectl', 'cannot ask the cluster what this user may do', result);
    return refusedRights(rights, result.stdout);
  }

  /** Deletes one object, `kind/name`, if it is there; it may still be there when this returns. */
  async remove(object: string): Promise<void> {
    await this.#tool.expect(`cannot delete ${object}`, deleteArguments(object, this.#at), { timeoutMs: questionMs });
  }

  /** Has pods end within so many seconds, instead of their own grace period; they may still be there when this returns. */
  async endPods(selector: string, graceSeconds: number, options: CallOptions = {}): Promise<void> {
    await this.#tool.expect('cannot end the pods', endPodsArguments(selector, graceSeconds, this.#at), { timeoutMs: questionMs, ...options });
  }

  /** The log of a container; while it is followed, `onLine` has it line by line. */
  logs(query: LogQuery, options: CallOptions = {}): Promise<ProgramResult> {
    return this.#tool.run(logArguments(query, this.#at), { ...(query.follow ? {} : { timeoutMs: questionMs }), ...options });
  }
}
