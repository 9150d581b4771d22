import { type AdapterStore } from '../store/store.ts';
import { type WebResource } from './request/request.ts';
import { type Sealing } from './sealing.ts';

/** A request without its credentials, and those by the places of their resources. */
export interface Split<Request> {
  readonly request: Request;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Takes the credentials out of resources. */
export function withoutSecrets(resources: readonly WebResource[]): Split<WebResource[]> {
  return {
    request: resources.map((resource) => ({ ...resource, authorization: undefined })),
    secrets: Object.fromEntries(resources.flatMap(({ at, authorization }) => (authorization === undefined ? [] : [[at, authorization]]))),
  };
}

/** Puts them back. Throws where they cannot be read. */
export function withSecrets(resources: readonly WebResource[], sealed: Uint8Array | undefined, sealing: Sealing): WebResource[] {
  const secrets = sealed === undefined ? {} : (JSON.parse(sealing.unseal(sealed)) as Record<string, string>);
  return resources.map((resource) => ({ ...resource, authorization: secrets[resource.at] }));
}

/**
 * Where the results of a job go by DICOMweb: the `outputResources` of its inference request; undefined where the job has none
 * (dicom-adapter 10). For the exporter; with the credentials, which it must not tell anybody.
 */
export function outputsOfJob(store: AdapterStore, sealing: Sealing, jobId: string): readonly WebResource[] | undefined {
  const found = store.inference.find('', jobId);
  return found === undefined ? undefined : withSecrets(found.request.outputs, found.secrets, sealing);
}
