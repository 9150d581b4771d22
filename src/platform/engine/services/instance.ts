import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type Logger } from '../../../system/log.ts';
import { removeTree } from '../../../system/remove-tree.ts';
import { type DockerNetworks } from '../../../tools/docker-networks.ts';
import { type Backend, type RunningOperator } from '../../backends/backend.ts';
import { containerName } from '../../backends/docker.ts';
import { type BackendName } from '../plan.ts';
import { describeEnd, logTail } from '../run/failure.ts';
import { stopRun } from '../run/stop-run.ts';
import { Memberships } from './memberships.ts';
import { unpackModels, type ModelSource } from './models.ts';
import { freePorts, modelsFolder, networkOf, portsOf, serviceRun, type ServicePlan } from './plan.ts';
import { chooseFree, isFree } from './ports.ts';
import { Reach } from './reach.ts';
import { saveService, type SavedService } from './saved.ts';

export interface InstanceParts {
  readonly backends: ReadonlyMap<BackendName, Backend>;
  /** Undefined where docker is not installed. */
  readonly networks: DockerNetworks | undefined;
  /** The folder of all services. */
  readonly root: string;
  /** Tells this platform's containers and networks from those of others on the machine. */
  readonly owner: string;
  /** The platform's own folder, as a label of its networks. */
  readonly home: string;
  readonly models: ModelSource;
  /** Milliseconds from the start of a service until it has to answer, and between SIGTERM and SIGKILL. */
  readonly answerMs: number;
  readonly graceMs: number;
  readonly log: Logger;
  /** Fires when the platform lets its services be. */
  readonly detached: AbortSignal;
  /** Host ports that services other than this one have, and which. */
  readonly promised: (but: ServiceInstance) => ReadonlyMap<number, string>;
  /** A service that had answered has ended by itself. */
  readonly onDeath: (instance: ServiceInstance, messages: readonly string[]) => void;
}

/** Inside a container any port is free. */
const firstContainerPort = 40_000;

/** A service that is being started, or runs, or is being stopped. */
export class ServiceInstance {
  readonly plan: ServicePlan;
  readonly networks: Memberships;
  readonly #parts: InstanceParts;
  readonly #folder: string;
  readonly #begun: Promise<RunningOperator>;
  readonly #reach: Reach;
  #ports: readonly number[];
  #address: string | undefined;
  /** Whether it has answered: from then on its end is a loss. */
  #wasUp: boolean;
  /** Whether it runs no more. */
  #ended = false;
  /** Why it is of no use any more, or was never. */
  #death: readonly string[] | undefined;
  #gone: Promise<void> | undefined;

  /** Starts a service, or goes on with one that was found. */
  constructor(plan: ServicePlan, parts: InstanceParts, found?: { readonly saved: SavedService; readonly running: RunningOperator }) {
    this.plan = plan;
    this.#parts = parts;
    this.#folder = join(parts.root, plan.key);
    this.#ports = found?.saved.ports ?? [];
    this.networks = new Memberships({
      networks: parts.networks, own: this.ownNetwork, home: parts.home, container: () => this.container, save: () => this.#save(),
    }, found?.saved.networks ?? (plan.backend === 'docker' ? [this.ownNetwork] : []));
    this.#reach = new Reach({
      title: plan.title, answerMs: parts.answerMs, host: () => this.address(), requireAlive: () => this.#requireAlive(), lastLines: () => this.#lastLines(),
    });
    this.#wasUp = found !== undefined;
    this.#begun = found === undefined ? this.#begin() : Promise.resolve(found.running);
    this.#begun.then((running) => void running.ended.then((end) => this.#die([`${plan.title} ${describeEnd(end)}`, ...this.#lastLines()])), (thrown: unknown) => {
      this.#death = [messageOf(thrown)];
    });
  }

  /** Whether operators can be sent to it: it is neither gone nor going. */
  get usable(): boolean {
    return this.#death === undefined && this.#gone === undefined;
  }

  get ownNetwork(): string {
    return networkOf(this.#parts.owner, [this.plan.key]);
  }

  get container(): string {
    return containerName(this.#run());
  }

  /** Ports of this machine that it has; those of containers are their own. */
  get hostPorts(): readonly number[] {
    if (this.plan.backend !== 'process') return [];
    return [...this.plan.connections.flatMap(({ port }) => (port === undefined ? [] : [port])), ...this.#ports];
  }

  /**
   * Resolves with the port of each connection once all of them answer. Rejects where they do not in time, or the service ends.
   * A service that has never answered anybody is of no use from then on.
   */
  async ready({ connections }: Pick<ServicePlan, 'connections'>): Promise<readonly number[]> {
    await this.#begun;
    const ports = portsOf(connections, this.#ports).map((port) => {
      if (port !== undefined) return port;
      throw new ClaraError('failed', `${this.plan.title} runs already, with fewer free ports than this operator has connections for`, { hint: 'list the same connections wherever the service is used' });
    });
    const [first] = portsOf(this.plan.connections, this.#ports);
    try {
      await Promise.all(ports.map((port) => this.#reach.port(port, port === first ? this.plan.health : { kind: 'tcp' })));
    } catch (thrown) {
      if (!this.#wasUp) this.#death ??= [messageOf(thrown)];
      throw thrown;
    }
    this.#wasUp = true;
    return ports;
  }

  /** Where operators of the host reach it; undefined while that is not known. */
  async address(): Promise<string | undefined> {
    if (this.plan.backend === 'process') return '127.0.0.1';
    return this.#address ??= await this.#parts.networks?.address(this.container, this.ownNetwork);
  }

  /** Ends it and removes all that it has; returns when nothing of it is left. @param before what has to be done while it is not running any more */
  stop(before: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    return this.#gone ??= this.#shutDown(before).catch((thrown: unknown) => {
      this.#parts.log.warn({ err: thrown, service: this.plan.title }, 'cannot remove all that a service left; the next start tries again');
    });
  }

  /** Resolves when it is not just being started any more. */
  async settled(): Promise<void> {
    await this.#begun.catch(() => undefined);
  }

  async #begin(): Promise<RunningOperator> {
    const { plan } = this;
    await removeTree(this.#folder);
    await mkdir(this.#folder, { mode: 0o700 });
    this.#ports = await this.#choosePorts();
    await this.#save();
    if (plan.models.length > 0) await unpackModels(plan.models, modelsFolder(this.#folder), this.#parts.models);
    if (plan.backend === 'docker') await this.networks.makeOwn();
    if (this.#gone !== undefined) throw new ClaraError('interrupted', `${plan.title} was stopped before it began`);
    this.#reach.restartClock();
    return this.#parts.backends.get(plan.backend)!.start(this.#run(), Array.from({ length: plan.gpus }, (_, index) => index));
  }

  async #choosePorts(): Promise<number[]> {
    const { plan } = this;
    const count = freePorts(plan.connections);
    if (plan.backend === 'docker') return Array.from({ length: count }, (_, index) => firstContainerPort + index);
    const promised = this.#parts.promised(this);
    for (const { port } of plan.connections) {
      if (port === undefined || (!promised.has(port) && await isFree(port))) continue;
      throw new ClaraError('failed', `port ${port} of ${plan.title} is in use by ${promised.get(port) ?? 'another program of this machine'}`, {
        hint: 'free the port, or leave `port` out of the definition and let the service listen where $PORT says',
      });
    }
    return chooseFree(count, new Set(promised.keys()));
  }

  #requireAlive(): void {
    if (this.#death !== undefined) throw new ClaraError('failed', this.#death[0]!, { details: this.#death.slice(1) });
    if (this.#gone !== undefined || this.#parts.detached.aborted) throw new ClaraError('interrupted', `${this.plan.title} was stopped`);
  }

  #lastLines(): readonly string[] {
    return logTail(this.#folder).map((line) => `${this.plan.title}: ${line}`);
  }

  #die(messages: readonly string[]): void {
    this.#ended = true;
    this.#death = messages;
    if (this.#wasUp && this.#gone === undefined && !this.#parts.detached.aborted) this.#parts.onDeath(this, messages);
  }

  async #shutDown(before: () => Promise<void>): Promise<void> {
    const { backends, graceMs, detached } = this.#parts;
    const running = await this.#begun.catch(() => undefined);
    if (running !== undefined && !this.#ended) await stopRun(running, graceMs, detached);
    if (detached.aborted) return;
    await backends.get(this.plan.backend)!.clean(this.#run());
    await before();
    if (this.plan.backend === 'docker') await this.networks.removeOwn();
    await removeTree(this.#folder);
  }

  #run() {
    const { plan } = this;
    return serviceRun(plan, this.#folder, this.#parts.owner, this.#ports, plan.backend === 'docker' ? this.ownNetwork : undefined);
  }

  #save(): Promise<void> {
    return saveService(this.#folder, { plan: this.plan, ports: this.#ports, networks: this.networks.all });
  }
}
