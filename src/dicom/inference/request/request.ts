import { type Priority } from '../../entities/processor.ts';

/** A study, or some series of it, or some instances of those: what is left out is everything (dicom-adapter 13). */
export interface WantedStudy {
  readonly study: string;
  readonly series: readonly WantedSeries[];
}

export interface WantedSeries {
  readonly series: string;
  readonly instances: readonly string[];
}

export interface FhirResource {
  readonly type: string;
  readonly id: string;
}

/** What a request wants to be retrieved; `at` is its place in the request, which stands for it in messages and in the log. */
export type WantedInput = { readonly at: string } & (
  | { readonly kind: 'studies'; readonly studies: readonly WantedStudy[] }
  | { readonly kind: 'patient'; readonly patientId: string }
  | { readonly kind: 'accession'; readonly numbers: readonly string[] }
  | { readonly kind: 'fhir'; readonly resources: readonly FhirResource[]; readonly format: 'json' | 'xml'; /** Of the release, as the MIME type has it: `3.0`. */ readonly version: string }
);

/** Where something is retrieved from or sent to. */
export interface WebResource {
  readonly at: string;
  readonly kind: 'dicomweb' | 'fhir';
  /** Absolute, http or https, with a slash at its end. */
  readonly uri: string;
  /** Value of the header; a secret. */
  readonly authorization: string | undefined;
}

/** An inference request (ACR DSI, Platform-Model Communication for AI, as the DICOM Adapter takes it). */
export interface InferenceRequest {
  readonly transactionId: string;
  readonly priority: Priority;
  readonly algorithm: { readonly name: string; readonly pipelineId: string };
  readonly inputs: readonly WantedInput[];
  /** In the order in which they are asked. */
  readonly sources: readonly WebResource[];
  readonly outputs: readonly WebResource[];
  /** Places of resources that are declared and cannot be used. */
  readonly ignored: readonly string[];
}
