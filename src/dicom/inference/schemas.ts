const text = { type: 'string' } as const;

const connectionDetails = {
  type: 'object',
  properties: {
    uri: { ...text, description: 'Address of the service, http or https; `baseUri` is the same.' },
    operations: { type: 'array', items: { enum: ['QUERY', 'RETRIEVE', 'WADO Retrieve', 'STORE'] } },
    authType: { enum: ['None', 'Basic', 'Bearer'], default: 'None' },
    authID: { ...text, description: 'The token; with Basic, base64 of user:password. `apiKey` is the same.' },
    name: { ...text, description: 'Of an Algorithm: becomes part of the name of the job.' },
    id: { ...text, description: 'Of an Algorithm: the id of the pipeline.' },
  },
} as const;

const study = {
  type: 'object', required: ['StudyInstanceUID'],
  properties: {
    StudyInstanceUID: text,
    series: {
      type: 'array',
      items: {
        type: 'object', required: ['SeriesInstanceUID'],
        properties: { SeriesInstanceUID: text, instances: { type: 'array', items: { type: 'object', properties: { SOPInstanceUID: { type: 'array', items: text } } } } },
      },
    },
  },
} as const;

const input = {
  type: 'object', required: ['type'],
  properties: {
    type: { enum: ['DICOM_UID', 'DICOM_PATIENT_ID', 'ACCESSION_NUMBER', 'FHIR_RESOURCE'] },
    studies: { type: 'array', items: study, description: 'With DICOM_UID; a level that is left out means everything.' },
    PatientID: { ...text, description: 'With DICOM_PATIENT_ID.' },
    accessionNumber: { type: 'array', items: text, description: 'With ACCESSION_NUMBER.' },
    resources: { type: 'array', items: { type: 'object', required: ['resourceType', 'id'], properties: { resourceType: text, id: text } }, description: 'With FHIR_RESOURCE.' },
    fhirFormat: { enum: ['Json', 'Xml'], default: 'Json' },
    fhirVersion: { enum: ['R1', 'R2', 'R3', 'R4'], default: 'R3' },
  },
} as const;

/** What is sent (ACR DSI, Platform-Model Communication for AI, with the extensions of the DICOM Adapter); for the OpenAPI page, see routes. */
export const requestBody = {
  type: 'object', required: ['transactionID', 'inputMetadata', 'inputResources'],
  properties: {
    transactionID: { ...text, description: 'An id of your own for the request.' },
    priority: { type: 'integer', minimum: 0, maximum: 255, default: 128, description: 'Below 128 lower, 128 normal, above it higher, 255 immediate.' },
    inputMetadata: { type: 'object', properties: { details: input, inputs: { type: 'array', items: input } } },
    inputResources: {
      type: 'array', description: 'One Algorithm, and what the inputs are retrieved from.',
      items: { type: 'object', required: ['interface'], properties: { interface: { enum: ['Algorithm', 'DICOMweb', 'FHIR', 'DIMSE'] }, connectionDetails } },
    },
    outputResources: { type: 'array', description: 'Where the results go.', items: { type: 'object', required: ['interface'], properties: { interface: { enum: ['DICOMweb'] }, connectionDetails } } },
  },
} as const;

export const acceptedShape = { description: 'the request is kept, and its job exists', type: 'object', properties: { transactionId: text, jobId: text, payloadId: text } } as const;

const time = { type: ['string', 'null'] } as const;
export const statusShape = {
  description: 'how the request and its job stand',
  type: 'object',
  properties: {
    transactionId: text,
    platform: { type: 'object', properties: { jobId: text, payloadId: text, status: text, state: text, priority: text, created: time, started: time, stopped: time } },
    dicom: { type: 'object', properties: { state: { enum: ['Queued', 'InProcess', 'Completed'] }, status: { enum: ['Unknown', 'Success', 'Fail'] } } },
    message: text,
  },
} as const;
