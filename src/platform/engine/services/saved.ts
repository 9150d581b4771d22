import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';
import { writeFileAtomically } from '../../../system/atomic-file.ts';
import { type ServicePlan } from './plan.ts';

/** What the next platform has to know of a service; written before anything of it is made. */
export interface SavedService {
  readonly plan: ServicePlan;
  /** The ports that were chosen for connections without one. */
  readonly ports: readonly number[];
  /** The networks of docker that it is in. */
  readonly networks: readonly string[];
}

const file = 'service.json';

/** Writes it into the folder of the service, all of it or nothing. */
export function saveService(folder: string, service: SavedService): Promise<void> {
  return writeFileAtomically(join(folder, file), `${JSON.stringify(service)}\n`, 0o600);
}

/** The services that an earlier platform had, by their folders; undefined where a folder holds none: nothing of it was made yet. */
export function savedServices(root: string): { readonly folder: string; readonly saved: SavedService | undefined }[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => ({ folder: join(root, name), saved: read(join(root, name, file)) }));
}

function read(path: string): SavedService | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SavedService;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw new ClaraError('failed', `cannot read what is known of a service, ${path} (${messageOf(thrown)})`, { cause: thrown, hint: `end the service if it still runs, and remove ${dirname(path)}` });
  }
}
