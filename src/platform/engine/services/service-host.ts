import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../../../system/remove-tree.ts';
import { homeKey } from '../home-key.ts';
import { type Attachment, type BackendName } from '../plan.ts';
import { ServiceInstance, type InstanceParts } from './instance.ts';
import { attachmentOf, networkOf, serviceRun, type ServicePlan } from './plan.ts';
import { savedServices, type SavedService } from './saved.ts';

export interface ServiceHostOptions extends Omit<InstanceParts, 'root' | 'owner' | 'detached' | 'promised' | 'onDeath'> {
  /** A service has ended by itself that operators may be using. */
  readonly onLoss: (key: string, messages: readonly string[]) => void;
}

/**
 * Runs the services of all jobs: each is started before the first operator that needs it, shared by all that do, and stopped
 * when no job is left that wants it. What it has to find again after a crash lies in a folder for each.
 */
export class ServiceHost {
  readonly #parts: InstanceParts;
  readonly #instances = new Map<string, ServiceInstance>();
  /** The jobs that want a service, by its key. */
  readonly #wanted = new Map<string, Set<string>>();
  readonly #detachment = new AbortController();

  constructor(options: ServiceHostOptions) {
    const { home, onLoss } = options;
    this.#parts = {
      ...options,
      root: join(home, 'services'),
      owner: homeKey(home),
      detached: this.#detachment.signal,
      promised: (but) => new Map([...this.#instances.values()].filter((instance) => instance !== but && instance.usable)
        .flatMap((instance) => instance.hostPorts.map((port) => [port, instance.plan.title] as const))),
      onDeath: (instance, messages) => {
        onLoss(instance.plan.key, messages);
        void this.#stop(instance);
      },
    };
    for (const folder of [this.#parts.root, join(home, 'common')]) mkdirSync(folder, { recursive: true, mode: 0o755 });
  }

  /** A job that is queued needs these services until it is dropped. */
  want(jobId: string, plans: readonly ServicePlan[]): void {
    for (const { key } of plans) {
      const jobs = this.#wanted.get(key) ?? new Set();
      this.#wanted.set(key, jobs.add(jobId));
    }
  }

  /** The job has ended: services that no other one wants are stopped. */
  drop(jobId: string): void {
    for (const [key, jobs] of this.#wanted) {
      if (!jobs.delete(jobId) || jobs.size > 0) continue;
      this.#wanted.delete(key);
      const instance = this.#instances.get(key);
      if (instance !== undefined) void this.#stop(instance);
    }
  }

  /**
   * Starts what is not there yet and waits until all of these services answer. Rejects with the reason where one does not,
   * and as soon as the signal fires.
   * @param from where the operator runs: in a container, others are known by their names
   */
  async attach(jobId: string, plans: readonly ServicePlan[], from: BackendName, signal: AbortSignal): Promise<Attachment> {
    // What a job wants may have changed since it was queued: a model has another version.
    this.want(jobId, plans);
    signal.throwIfAborted();
    const attached = new AbortController();
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: attached.signal });
    });
    return Promise.race([this.#attach(plans, from, signal), aborted]).finally(() => attached.abort());
  }

  /**
   * The keys of what runs of a service that an operator was given by an earlier platform; none where it has ended. A model that
   * was uploaded, or an image that was set, since then gives the plan another key: what the operator uses is of its family.
   */
  regain(jobId: string, { family }: ServicePlan): readonly string[] {
    const running = [...this.#instances.values()].filter(({ plan, usable }) => usable && plan.family === family).map(({ plan }) => plan);
    this.want(jobId, running);
    return running.map(({ key }) => key);
  }

  /** Finds the services that an earlier platform left; what has ended is cleared away. To be called before jobs are taken up. */
  async recover(): Promise<void> {
    await Promise.all(savedServices(this.#parts.root).map(({ folder, saved }) => (saved === undefined ? removeTree(folder) : this.#find(folder, saved))));
  }

  /** Stops the found services that no job wants. To be called when jobs have been taken up. */
  sweep(): void {
    for (const instance of this.#instances.values()) if (!this.#wanted.has(instance.plan.key)) void this.#stop(instance);
  }

  /** Stops all services, or lets them be for the next platform. */
  async close(how: 'detach' | 'stop'): Promise<void> {
    if (how === 'detach') this.#detachment.abort();
    await Promise.all([...this.#instances.values()].map((instance) => (how === 'stop' ? this.#stop(instance) : instance.settled())));
  }

  async #attach(plans: readonly ServicePlan[], from: BackendName, signal: AbortSignal): Promise<Attachment> {
    const answering = await Promise.all(plans.map(async (plan) => {
      const instance = await this.#instance(plan, signal);
      try {
        return { instance, connections: plan.connections, ports: await instance.ready(plan) };
      } catch (thrown) {
        // One that answers others is not to blame for what this operator expects of it.
        if (!instance.usable) void this.#stop(instance);
        throw thrown;
      }
    }));
    const containers = answering.map(({ instance }) => instance).filter(({ plan }) => plan.backend === 'docker');
    const network = from === 'docker' && containers.length > 0 ? networkOf(this.#parts.owner, containers.map(({ plan }) => plan.key)) : undefined;
    if (network !== undefined) for (const instance of containers) await instance.networks.join(network);
    return attachmentOf(await Promise.all(answering.map(async ({ instance, connections, ports }) => (
      { connections, ports, host: from === 'docker' ? instance.container : (await instance.address())! }
    ))), network);
  }

  async #instance(plan: ServicePlan, signal: AbortSignal): Promise<ServiceInstance> {
    for (;;) {
      signal.throwIfAborted();
      const known = this.#instances.get(plan.key);
      if (known?.usable === true) return known;
      const inTheWay = known ?? [...this.#instances.values()].find((other) => !other.usable && other.hostPorts.some((port) => plan.connections.some((connection) => connection.port === port)));
      if (inTheWay === undefined) break;
      await this.#stop(inTheWay);
    }
    const instance = new ServiceInstance(plan, this.#parts);
    this.#instances.set(plan.key, instance);
    return instance;
  }

  async #find(folder: string, saved: SavedService): Promise<void> {
    const { owner, backends, networks, log } = this.#parts;
    const { plan, ports } = saved;
    const run = serviceRun(plan, folder, owner, ports, plan.backend === 'docker' ? networkOf(owner, [plan.key]) : undefined);
    try {
      const found = await backends.get(plan.backend)!.attach(run);
      if (found.kind === 'running') {
        this.#instances.set(plan.key, new ServiceInstance(plan, this.#parts, { saved, running: found.running }));
        return;
      }
      await backends.get(plan.backend)!.clean(run);
      for (const network of saved.networks) await networks?.remove(network);
      await removeTree(folder);
    } catch (thrown) {
      log.warn({ err: thrown, service: plan.title }, 'cannot tell what became of a service');
    }
  }

  /** Stops a service, once; the networks that it shares with others go with it. */
  async #stop(instance: ServiceInstance): Promise<void> {
    await instance.stop(async () => {
      for (const network of instance.networks.shared) {
        await this.#parts.networks!.remove(network);
        for (const other of this.#instances.values()) other.networks.leave(network);
      }
    });
    if (this.#instances.get(instance.plan.key) === instance) this.#instances.delete(instance.plan.key);
  }
}
