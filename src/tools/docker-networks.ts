import { ClaraError } from '../core/errors.ts';
import { type ProgramResult } from '../system/run-program.ts';
import { firstLine, type Docker } from './docker.ts';

/** Networks of docker that lead nowhere but to their own containers, and from this machine to those. */
export class DockerNetworks {
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Makes a network, unless there is one of this name. */
  async create(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const options = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]);
    expect(await this.#docker.ask(['network', 'create', '--internal', ...options, '--', name]), /already exists/i, `cannot make the network ${name}`);
  }

  /** Puts a running container into a network; it is found there by its name. */
  async connect(name: string, container: string): Promise<void> {
    expect(await this.#docker.ask(['network', 'connect', '--', name, container]), /already exists in network/i, `cannot connect ${container} to the network ${name}`);
  }

  /** Removes a network, if it is there; whatever is still in it is taken out. */
  async remove(name: string): Promise<void> {
    const { exitCode, stdout } = await this.#docker.ask(['network', 'inspect', '--format', '{{range .Containers}}{{.Name}} {{end}}', '--', name]);
    if (exitCode === 0) for (const container of stdout.split(/\s+/).filter((text) => text !== '')) await this.#docker.ask(['network', 'disconnect', '--force', '--', name, container]);
    expect(await this.#docker.ask(['network', 'rm', '--', name]), /no such network|not found/i, `cannot remove the network ${name}`);
  }

  /** The address of a container in a network; undefined where it has none, yet or any more. */
  async address(container: string, name: string): Promise<string | undefined> {
    const { exitCode, stdout } = await this.#docker.ask(['container', 'inspect', '--format', '{{json .NetworkSettings.Networks}}', '--', container]);
    if (exitCode !== 0) return undefined;
    const networks = JSON.parse(stdout) as Record<string, { readonly IPAddress: string }>;
    return networks[name]?.IPAddress || undefined;
  }
}

/** Throws where docker refused, other than because it is so already. */
function expect({ exitCode, stderr }: ProgramResult, already: RegExp, what: string): void {
  if (exitCode === 0 || already.test(stderr)) return;
  throw new ClaraError('failed', `docker ${what} (${firstLine(stderr)})`, { hint: 'networks that nobody uses any more go with: docker network prune' });
}
