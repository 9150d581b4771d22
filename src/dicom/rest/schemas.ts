const text = { type: 'string' } as const;

/** An AE title as it is shown and taken (Clara guide, DICOM Adapter, Configuration API). */
export const aeTitleShape = {
  type: 'object',
  properties: {
    name: text, aeTitle: text, overwriteSameInstance: { type: 'boolean' }, ignoredSopClasses: { type: 'array', items: text }, processor: text,
    processorSettings: { type: 'object', additionalProperties: text },
  },
} as const;

export const sourceShape = { type: 'object', properties: { aeTitle: text, hostIp: text } } as const;
export const destinationShape = { type: 'object', properties: { name: text, aeTitle: text, hostIp: text, port: { type: 'integer' } } } as const;

const nothing = { type: ['string', 'null'] } as const;

/** What may be sent: numbers among the processor settings are taken as texts, and what is null as left out. */
export const aeTitleBody = {
  type: 'object', required: ['aeTitle'],
  properties: {
    ...aeTitleShape.properties, name: nothing, processor: nothing, ignoredSopClasses: { type: ['array', 'null'], items: text },
    processorSettings: { type: ['object', 'null'], additionalProperties: { type: ['string', 'number', 'boolean'] } },
    pipelineId: { ...nothing, description: 'as 0.6 to 0.7.1 had it; `processorSettings` takes its place' }, timeout: { type: ['integer', 'null'], description: 'with `pipelineId`: seconds, 0 for the end of the association' },
  },
} as const;

export const sourceBody = { ...sourceShape, required: ['aeTitle', 'hostIp'] } as const;
export const destinationBody = { ...destinationShape, properties: { ...destinationShape.properties, port: { type: 'number' } }, required: ['name', 'aeTitle', 'hostIp', 'port'] } as const;

export const problem = {
  description: 'what is wrong',
  type: 'object',
  properties: { type: text, title: text, status: { type: 'integer' }, detail: text },
} as const;
