/** What the engine takes over from the platform's environment, and nothing else. */
export interface EngineEnvironment {
  /** For operators that run on the host. */
  readonly host: { readonly PATH: string; readonly LANG: string };
  /** For the docker program: where its engine, its settings and its credentials are. */
  readonly docker: Readonly<Record<string, string>>;
}

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const dockerNames = /^(HOME|PATH|XDG_RUNTIME_DIR|XDG_CONFIG_HOME|SSH_AUTH_SOCK|DOCKER_\w+)$/;

export function readEngineEnvironment(env: NodeJS.ProcessEnv = process.env): EngineEnvironment {
  const path = env.PATH === undefined || env.PATH === '' ? usualPath : env.PATH;
  const docker = Object.entries({ ...env, PATH: path }).filter((entry): entry is [string, string] => entry[1] !== undefined && dockerNames.test(entry[0]));
  return { host: { PATH: path, LANG: env.LANG === undefined || env.LANG === '' ? 'C.UTF-8' : env.LANG }, docker: Object.fromEntries(docker) };
}
