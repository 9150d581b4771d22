import { ClaraError } from '../../core/errors.ts';
import { type ProgramResult } from '../../system/run-program.ts';
import { toolFailure } from '../tool-failure.ts';

export const kubectlHint = 'install kubectl (https://kubernetes.io/docs/tasks/tools); on Debian: apt-get install kubernetes-client';

/** The first whose arguments are all that we use. */
const oldest = { major: 1, minor: 18 };

export interface KubectlVersions {
  readonly client: string;
  readonly server: string;
}

/**
 * Reads the answer to `kubectl version --output json`, which has the client's version whether a cluster answers or not.
 * Throws where kubectl is too old (`missing-program`), and where no cluster answers (`unreachable`, or `usage` for a bad kubeconfig).
 */
export function readKubectlVersions(result: ProgramResult): KubectlVersions {
  const { clientVersion, serverVersion } = parse(result);
  const client = clientVersion?.gitVersion;
  if (client !== undefined) checkClient(client);
  if (serverVersion === undefined || result.exitCode !== 0) throw toolFailure('kubectl', 'no cluster answers', result);
  return { client: client ?? 'unknown', server: serverVersion.gitVersion };
}

interface Answer {
  readonly clientVersion?: { readonly gitVersion: string };
  readonly serverVersion?: { readonly gitVersion: string };
}

function parse(result: ProgramResult): Answer {
  if (result.stdout.trim() === '') return {};
  try {
    return JSON.parse(result.stdout) as Answer;
  } catch (thrown) {
    if (/^Please enter (Username|Password)/.test(result.stdout)) {
      throw new ClaraError('failed', 'the kubeconfig has no credentials for the cluster', { hint: 'log in to the cluster, or name another context with --context', cause: thrown });
    }
    throw new ClaraError('missing-program', 'kubectl does not tell its version; it is too old, or another program of that name', { hint: kubectlHint, cause: thrown });
  }
}

function checkClient(version: string): void {
  const found = /^v(\d+)\.(\d+)/.exec(version);
  if (found === null) return;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
    throw new ClaraError('missing-program', `kubectl ${version} is too old (it takes v${oldest.major}.${oldest.minor} or newer)`, { hint: kubectlHint });
  }
}
