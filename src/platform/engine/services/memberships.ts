import { type DockerNetworks } from '../../../tools/docker-networks.ts';

export interface MembershipParts {
  /** Undefined where docker is not installed: then there are none. */
  readonly networks: DockerNetworks | undefined;
  /** The network of this service alone. */
  readonly own: string;
  /** The platform's own folder, as a label. */
  readonly home: string;
  /** Its container, once it is to join another one. */
  readonly container: () => string;
  /** Saves what the service is in, before it joins. */
  readonly save: () => Promise<void>;
}

/** The networks of docker that a service is in, or is about to join. */
export class Memberships {
  readonly #parts: MembershipParts;
  readonly #names: Set<string>;
  readonly #joins = new Map<string, Promise<void>>();

  /** @param names those that it is in already */
  constructor(parts: MembershipParts, names: readonly string[]) {
    this.#parts = parts;
    this.#names = new Set(names);
  }

  get all(): string[] {
    return [...this.#names];
  }

  /** Those that it shares with other services. */
  get shared(): string[] {
    return this.all.filter((network) => network !== this.#parts.own);
  }

  /** Makes the network of this service alone. */
  async makeOwn(): Promise<void> {
    await this.#parts.networks!.create(this.#parts.own, { 'clara.home': this.#parts.home });
  }

  async removeOwn(): Promise<void> {
    await this.#parts.networks!.remove(this.#parts.own);
  }

  /** Puts the container into a network; resolves when that is done. */
  join(network: string): Promise<void> {
    if (network === this.#parts.own) return Promise.resolve();
    const joined = this.#joins.get(network) ?? this.#join(network);
    this.#joins.set(network, joined);
    joined.catch(() => this.#joins.delete(network));
    return joined;
  }

  /** A network is gone. */
  leave(network: string): void {
    this.#names.delete(network);
    this.#joins.delete(network);
  }

  async #join(network: string): Promise<void> {
    const { networks, home, container, save } = this.#parts;
    this.#names.add(network);
    await save();
    await networks!.create(network, { 'clara.home': home });
    await networks!.connect(network, container());
  }
}
