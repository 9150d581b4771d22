import { parseId } from '../../../core/ids.ts';
import { metadataLimits } from '../../../core/metadata.ts';
import { type Priority } from '../../entities/processor.ts';
import { type HostRule } from './host-rule.ts';
import { JsonField } from './json-fields.ts';
import { parseInput } from './parse-input.ts';
import { parseWebResource } from './parse-resource.ts';
import { type InferenceRequest, type WantedInput, type WebResource } from './request.ts';

export type ParsedRequest =
  | { readonly kind: 'request'; readonly request: InferenceRequest }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/**
 * Reads the body of `POST /api/inference` (dicom-adapter 13). All problems at once; none quotes a value, for some are secrets
 * and some are ids of patients.
 */
export function parseInferenceRequest(body: unknown, hosts: HostRule): ParsedRequest {
  const problems: string[] = [];
  const root = new JsonField(body, '', problems);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { kind: 'problems', problems: ['the body must be a JSON object'] };
  const transactionId = readTransactionId(root.get('transactionID'));
  const priority = readPriority(root.get('priority'));
  const inputs = readInputs(root.get('inputMetadata'));
  const resources = root.get('inputResources').items();
  const algorithm = readAlgorithm(root.get('inputResources'), resources);
  const { sources, ignored } = readSources(resources, hosts);
  checkSources(root.get('inputResources'), inputs, resources);
  const outputs = root.get('outputResources').items().flatMap((item) => {
    const kind = item.get('interface').word(['DICOMweb']);
    return kind === undefined ? [] : present(parseWebResource(item, 'dicomweb', hosts));
  });
  if (problems.length > 0 || transactionId === undefined || priority === undefined || algorithm === undefined) return { kind: 'problems', problems };
  return { kind: 'request', request: { transactionId, priority, algorithm, inputs, sources, outputs, ignored } };
}

/** It is the value of a metadata entry of the job. */
function readTransactionId(field: JsonField): string | undefined {
  const text = field.text('an id of your own for the request');
  if (text === undefined) return undefined;
  if (Buffer.byteLength(text) > metadataLimits.valueBytes) return field.complain(`must not be longer than ${metadataLimits.valueBytes} bytes`);
  return /[\p{Cc}\p{Cs}]/u.test(text) ? field.complain('must not have control characters') : text;
}

/** 0 to 255, also as a text; 128 is normal, 255 immediate. */
function readPriority(field: JsonField): Priority | undefined {
  const value = typeof field.value === 'string' && /^\d{1,3}$/.test(field.value) ? Number(field.value) : (field.value ?? 128);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255) return field.complain('must be a whole number from 0 to 255');
  if (value === 128) return 'normal';
  return value < 128 ? 'lower' : value === 255 ? 'immediate' : 'higher';
}

function readInputs(field: JsonField): WantedInput[] {
  const details = field.get('details');
  const items = [...field.get('inputs').items(), ...(details.isGiven ? [details] : [])];
  if (items.length === 0) field.complain('is missing: `details`, or a list `inputs`, with what is to be retrieved');
  return items.flatMap((item) => present(parseInput(item)));
}

function readAlgorithm(field: JsonField, resources: readonly JsonField[]): InferenceRequest['algorithm'] | undefined {
  const [first, ...others] = resources.filter((item) => interfaceOf(item) === 'algorithm');
  if (first === undefined || others.length > 0) return field.complain(`must have one entry with the interface Algorithm, and ${first === undefined ? 'has none' : 'has several'}`);
  const details = first.get('connectionDetails');
  const id = details.get('id');
  const name = details.get('name');
  const pipelineId = typeof id.value === 'string' ? parseId(id.value) : undefined;
  if (pipelineId === undefined) return id.complain(id.isGiven ? 'must be the id of a pipeline' : 'is missing: the id of a pipeline');
  if (name.isGiven && typeof name.value !== 'string') return name.complain('must be a text');
  return { name: (name.value as string | undefined) ?? '', pipelineId };
}

const interfaces = ['Algorithm', 'DICOMweb', 'FHIR', 'DIMSE'] as const;

/** Says nothing of what is wrong: `readSources` does. */
function interfaceOf(item: JsonField): string | undefined {
  return new JsonField(item.get('interface').value, '', []).word(interfaces)?.toLowerCase();
}

function readSources(resources: readonly JsonField[], hosts: HostRule): { readonly sources: WebResource[]; readonly ignored: string[] } {
  const sources: WebResource[] = [];
  const ignored: string[] = [];
  for (const item of resources) {
    const kind = item.get('interface').word(interfaces)?.toLowerCase();
    if (kind === 'dimse') ignored.push(item.path);
    if (kind === 'dicomweb' || kind === 'fhir') sources.push(...present(parseWebResource(item, kind, hosts)));
  }
  return { sources, ignored };
}

/** Each input needs a resource of its kind. */
function checkSources(field: JsonField, inputs: readonly WantedInput[], resources: readonly JsonField[]): void {
  const kinds = new Set(resources.map(interfaceOf));
  for (const [kind, name, wanted] of [['dicomweb', 'DICOMweb', inputs.filter(({ kind: of }) => of !== 'fhir')], ['fhir', 'FHIR', inputs.filter(({ kind: of }) => of === 'fhir')]] as const) {
    if (wanted.length > 0 && !kinds.has(kind)) field.complain(`must have an entry with the interface ${name}, which ${wanted.map(({ at }) => at).join(', ')} is retrieved from`);
  }
  if (inputs.length === 0 && !kinds.has('dicomweb') && !kinds.has('fhir')) field.complain('must have an entry with the interface DICOMweb or FHIR');
}

function present<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}
