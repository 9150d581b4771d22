import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type Logger } from '../../../system/log.ts';
import { removeTree } from '../../../system/remove-tree.ts';
import { type DockerNetworks } from '../../../tools/docker-networks.ts';
import { type Backend, type RunningOperator } from '../../backends/backend.ts';
import { containerName } from '../../backends/docker.ts';
import { type BackendName } from '../plan.ts';
import { describeEnd, logTail } from '../run/failure.ts';
import { stopRun } from '../run/stop-run.ts';
import { unpackModels, type ModelSource } from './models.ts';
import { freePorts, modelsFolder, networkOf, portsOf, serviceRun, type ServicePlan } from './plan.ts';
import { answers, chooseFree, isFree } from './ports.ts';
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

/** Milliseconds between two attempts to reach a service, the first and the longest. */
const firstPauseMs = 20;
const longestPauseMs = 250;
/** Inside a container any port is free. */
const firstContainerPort = 40_000;

/** A service that is being started, or runs, or is being stopped. */
export class ServiceInstance {
  readonly plan: ServicePlan;
  readonly #parts: InstanceParts;
  readonly #folder: string;
  readonly #begun: Promise<RunningOperator>;
  /** All that it is in, or is about to join. */
  readonly #networks: Set<string>;
  readonly #joins = new Map<string, Promise<void>>();
  readonly #answering = new Map<number, Promise<void>>();
  #ports: readonly number[];
  #address: string | undefined;
  #deadline: number;
  /** Whether it has answered: from then on its end is a loss. */
  #wasUp: boolean;
  /** Why it does not run any more. */
  #death: readonly string[] | undefined;
  #gone: Promise<void> | undefined;

  /** Starts a service, or goes on with one that was found. */
  constructor(plan: ServicePlan, parts: InstanceParts, found?: { readonly saved: SavedService; readonly running: RunningOperator }) {
    this.plan = plan;
    this.#parts = parts;
    this.#folder = join(parts.root, plan.key);
    this.#ports = found?.saved.ports ?? [];
    this.#networks = new Set(found?.saved.networks ?? (plan.backend === 'docker' ? [this.ownNetwork] : []));
    this.#wasUp = found !== undefined;
    this.#deadline = Date.now() + parts.answerMs;
    this.#begun = found === undefined ? this.#begin() : Promise.resolve(found.running);
    this.#begun.then((running) => void running.ended.then((end) => {
      this.#die([`${plan.title} ${describeEnd(end)}`, ...logTail(this.#folder).map((line) => `${plan.title}: ${line}`)]);
    }), (thrown: unknown) => {
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

  /** Resolves with the port of each connection once all of them answer. Rejects where they do not in time, or the service ends. */
  async ready({ connections }: Pick<ServicePlan, 'connections'>): Promise<readonly number[]> {
    await this.#begun;
    const ports = portsOf(connections, this.#ports).map((port) => {
      if (port !== undefined) return port;
      throw new ClaraError('failed', `${this.plan.title} runs already, with fewer free ports than this operator has connections for`, { hint: 'list the same connections wherever the service is used' });
    });
    await Promise.all(ports.map((port) => this.#reach(port)));
    this.#wasUp = true;
    return ports;
  }

  /** Where operators of the host reach it; undefined while that is not known. */
  async address(): Promise<string | undefined> {
    if (this.plan.backend === 'process') return '127.0.0.1';
    return this.#address ??= await this.#parts.networks?.address(this.container, this.ownNetwork);
  }

  /** Puts its container into a network; resolves when that is done. */
  join(network: string): Promise<void> {
    if (network === this.ownNetwork) return Promise.resolve();
    const joined = this.#joins.get(network) ?? this.#join(network);
    this.#joins.set(network, joined);
    joined.catch(() => this.#joins.delete(network));
    return joined;
  }

  /** A network is gone. */
  leave(network: string): void {
    this.#networks.delete(network);
    this.#joins.delete(network);
  }

  /** The networks that it shares with other services. */
  get sharedNetworks(): string[] {
    return [...this.#networks].filter((network) => network !== this.ownNetwork);
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
    const { backends, networks, home } = this.#parts;
    const { plan } = this;
    await removeTree(this.#folder);
    await mkdir(this.#folder, { mode: 0o700 });
    this.#ports = await this.#choosePorts();
    await this.#save();
    if (plan.models.length > 0) await unpackModels(plan.models, modelsFolder(this.#folder), this.#parts.models);
    if (plan.backend === 'docker') await networks!.create(this.ownNetwork, { 'clara.home': home });
    if (this.#gone !== undefined) throw new ClaraError('interrupted', `${plan.title} was stopped before it began`);
    this.#deadline = Date.now() + this.#parts.answerMs;
    return backends.get(plan.backend)!.start(this.#run(), Array.from({ length: plan.gpus }, (_, index) => index));
  }

  async #join(network: string): Promise<void> {
    const { networks, home } = this.#parts;
    this.#networks.add(network);
    await this.#save();
    await networks!.create(network, { 'clara.home': home });
    await networks!.connect(network, this.container);
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

  #reach(port: number): Promise<void> {
    let reached = this.#answering.get(port);
    if (reached === undefined) {
      reached = this.#waitFor(port);
      this.#answering.set(port, reached);
    }
    return reached;
  }

  async #waitFor(port: number): Promise<void> {
    const { plan } = this;
    const { answerMs } = this.#parts;
    const health = port === portsOf(plan.connections, this.#ports)[0] ? plan.health : { kind: 'tcp' as const };
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      if (this.#death !== undefined) throw new ClaraError('failed', this.#death[0]!, { details: this.#death.slice(1) });
      if (this.#gone !== undefined) throw new ClaraError('interrupted', `${plan.title} was stopped`);
      const host = await this.address();
      if (host !== undefined && await answers(host, port, health)) return;
      if (Date.now() > this.#deadline) {
        throw new ClaraError('failed', `${plan.title} does not answer at port ${port} within ${answerMs / 1000} s`, {
          details: logTail(this.#folder).map((line) => `${plan.title}: ${line}`),
          hint: 'the service has to listen at this port; a platform started with a larger --service-timeout waits longer',
        });
      }
      await sleep(pause);
    }
  }

  #die(messages: readonly string[]): void {
    this.#death = messages;
    if (this.#wasUp && this.#gone === undefined && !this.#parts.detached.aborted) this.#parts.onDeath(this, messages);
  }

  async #shutDown(before: () => Promise<void>): Promise<void> {
    const { backends, graceMs, detached, networks } = this.#parts;
    const running = await this.#begun.catch(() => undefined);
    if (running !== undefined && this.#death === undefined) await stopRun(running, graceMs, detached);
    if (detached.aborted) return;
    await backends.get(this.plan.backend)!.clean(this.#run());
    await before();
    if (this.plan.backend === 'docker') await networks!.remove(this.ownNetwork);
    await removeTree(this.#folder);
  }

  #run() {
    const { plan } = this;
    return serviceRun(plan, this.#folder, this.#parts.owner, this.#ports, plan.backend === 'docker' ? this.ownNetwork : undefined);
  }

  #save(): Promise<void> {
    return saveService(this.#folder, { plan: this.plan, ports: this.#ports, networks: [...this.#networks] });
  }
}
