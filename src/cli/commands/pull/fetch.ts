import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ClaraError } from '../../../core/errors.ts';
import { removeTree } from '../../../system/remove-tree.ts';
import { toolEnvironment } from '../../../config/cluster.ts';
import { type RemoteChart } from '../../../tools/helm/arguments.ts';
import { Helm } from '../../../tools/helm/helm.ts';
import { type Context } from '../../../terminal/context.ts';
import { folderOf, type Pulled, type Target } from './source.ts';

/** What `--from` names: a folder, or something that helm gets for us. */
export type Place =
  | { readonly kind: 'folder'; readonly path: string }
  | RemoteChart & { readonly kind: 'helm' };

export interface HelmWishes {
  readonly chartVersion: string | undefined;
  readonly plainHttp: boolean;
}

/** Reads `--from` and what goes with it; nothing is looked up. */
export function parsePlace(place: string, { chartVersion, plainHttp }: HelmWishes): Place {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) {
    if (chartVersion !== undefined || plainHttp) throw new ClaraError('usage', '--chart-version and --plain-http are for registries; a folder is as it is');
    return { kind: 'folder', path: resolve(place) };
  }
  if (!/^(oci|https?):\/\/[^/]/i.test(place)) throw new ClaraError('usage', `--from: \`${place}\` is neither a folder nor oci://, https:// or http://`);
  if (/^[a-z]+:\/\/[^/]*@/i.test(place)) {
    throw new ClaraError('usage', '--from: a password does not belong into an address, where others can read it', { hint: 'log in with `helm registry login` or `helm repo add`' });
  }
  return { kind: 'helm', reference: place, version: chartVersion, plainHttp };
}

export async function fetchedFrom(place: Place, target: Target, { io, signal }: Context): Promise<Pulled> {
  if (place.kind === 'folder') return folderOf(target, place.path);
  const folder = await mkdtemp(join(tmpdir(), 'clara-pull-'));
  try {
    const helm = new Helm({ environment: toolEnvironment(), signal, detail: (text) => io.detail(text) });
    await helm.version();
    await helm.pull(place, folder);
    const unpacked = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    if (unpacked.length !== 1) throw new ClaraError('failed', `what helm got from ${place.reference} is not one chart (${unpacked.length} folders)`);
    return await folderOf(target, join(folder, unpacked[0]!.name));
  } finally {
    await removeTree(folder);
  }
}
