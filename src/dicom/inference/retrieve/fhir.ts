import { createHash } from 'node:crypto';
import { ClaraError } from '../../../core/errors.ts';
import { type FhirResource, type WantedInput, type WebResource } from '../request/request.ts';
import { type SourceOptions } from './dicomweb.ts';
import { storeBytes } from './store-instance.ts';

export interface FhirWish {
  readonly resource: FhirResource;
  readonly format: 'json' | 'xml';
  readonly version: string;
  /** In the payload; see fhirNames. */
  readonly name: string;
}

/** Retrieves one resource as it is (HL7 FHIR, RESTful API, read) into `ehr/<type>-<id>.<format>` of the payload. */
export async function retrieveFhir({ uri, authorization }: WebResource, wish: FhirWish, { web, signal, ...options }: SourceOptions): Promise<void> {
  const { resource: { type, id }, format, version, name } = wish;
  const answer = await web.get(`${uri}${type}/${id}`, { accept: `application/fhir+${format}; fhirVersion=${version}`, authorization, signal });
  try {
    if (!new RegExp(`^(application|text)/(fhir\\+|${format}\\+)*${format}(\\+fhir)?\\s*(;|$)`, 'i').test(answer.contentType)) {
      throw new ClaraError('failed', `the answer is ${answer.contentType.slice(0, 60) || 'of no type'} instead of ${format.toUpperCase()}`);
    }
    await storeBytes(answer.body, options, { at: () => undefined, end: () => ({ name, sopClass: '', sopInstance: '' }) });
  } finally {
    answer.discard();
  }
}

/**
 * `ehr/<type>-<id>.<format>` in small letters for each resource of a request, by place. Of several whose names differ in the
 * case of letters only, which are not the same, all but the first get a mark.
 */
export function fhirNames(inputs: readonly WantedInput[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const names = new Map<string, string>();
  for (const input of inputs) {
    if (input.kind !== 'fhir') continue;
    for (const [index, { type, id }] of input.resources.entries()) {
      const own = `${type}-${id}`;
      const plain = `${own.toLowerCase()}.${input.format}`;
      const owner = owners.get(plain) ?? own;
      owners.set(plain, owner);
      const mark = createHash('sha256').update(own).digest('hex').slice(0, 8);
      names.set(fhirPlace(input, index), `ehr/${owner === own ? plain : `${own.toLowerCase()}~${mark}.${input.format}`}`);
    }
  }
  return names;
}

/** The place of a resource in the request. */
export function fhirPlace({ at }: Pick<WantedInput, 'at'>, index: number): string {
  return `${at}.resources[${index}]`;
}
