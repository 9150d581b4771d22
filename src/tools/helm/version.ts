import { ClaraError } from '../../core/errors.ts';
import { type ProgramResult } from '../../system/run-program.ts';
import { toolFailure } from '../tool-failure.ts';

export const helmHint = 'install helm 3 (https://helm.sh/docs/intro/install), or with Go: go install helm.sh/helm/v3/cmd/helm@v3.14.4';

/** The first that has what we use. */
const oldest = { major: 3, minor: 2 };

/** Reads the answer to `helm version --short`: `v3.14.4+g81c902a`, of Helm 2 `Client: v2.16.1+gbbdfe5e`. Throws where it is too old. */
export function checkHelmVersion(result: ProgramResult): string {
  const found = /v(\d+)\.(\d+)(\S*)/.exec(result.stdout);
  if (found === null) throw toolFailure('helm', 'cannot tell which version of helm this is', result);
  const [version, major, minor] = [found[0], Number(found[1]), Number(found[2])];
  if (major < 3) {
    throw new ClaraError('missing-program', `helm ${version} is too old: Helm 2 installs charts through a server in the cluster, which ended in 2020, and takes other arguments`, { hint: helmHint });
  }
  if (major === oldest.major && minor < oldest.minor) {
    throw new ClaraError('missing-program', `helm ${version} is too old (it takes v${oldest.major}.${oldest.minor} or newer)`, { hint: helmHint });
  }
  return version;
}
