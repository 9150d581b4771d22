/**
 * Codes of the response header. Zero is success, negative is failure. Pipelines −0x1xxx and jobs −0x2000…−0x2100 are
 * published (Clara guide, RPC Error Codes); the others are ours (docs/decisions.md).
 */
export const WireCode = {
  invalidPipelineId: -0x1000,
  missingPipeline: -0x1001,
  pipelineStore: -0x1002,
  pipelineList: -0x1003,
  pipelineUpdate: -0x1004,
  pipelineDefinition: -0x1100,
  pipelineLoad: -0x1101,
  invalidJobId: -0x2000,
  missingJob: -0x2001,
  jobStore: -0x2002,
  jobList: -0x2003,
  invalidJobName: -0x2100,
  invalidJobVariable: -0x2101,
  createPayloadFailed: -0x2200,
  jobStart: -0x2201,
  jobCancel: -0x2202,
  invalidPayloadId: -0x3000,
  missingPayload: -0x3001,
  missingFile: -0x3002,
  deleteContents: -0x3100,
  payloadDetails: -0x3101,
  payloadDownload: -0x3102,
  payloadUpload: -0x3103,
  payloadDelete: -0x3104,
  invalidModelId: -0x4000,
  missingModel: -0x4001,
  modelUpload: -0x4100,
  metadataTooLarge: -0x5000,
  metadataDuplicate: -0x5001,
  metadataNotAllowed: -0x5002,
} as const;

const notFound = new Set<number>([
  WireCode.missingPipeline, WireCode.missingJob, WireCode.missingPayload, WireCode.missingFile, WireCode.missingModel,
]);
const invalid = new Set<number>([
  WireCode.invalidPipelineId, WireCode.invalidJobId, WireCode.invalidPayloadId, WireCode.invalidModelId,
  WireCode.pipelineDefinition, WireCode.pipelineLoad, WireCode.invalidJobName, WireCode.invalidJobVariable,
  WireCode.metadataTooLarge, WireCode.metadataDuplicate, WireCode.metadataNotAllowed,
]);

/** How a client should treat a failure that the platform reported with this header code. */
export function kindOfWireCode(code: number): 'not-found' | 'usage' | 'failed' {
  if (notFound.has(code)) return 'not-found';
  return invalid.has(code) ? 'usage' : 'failed';
}

/** A code as the guide writes it: `-0x1001`. */
export function formatWireCode(code: number): string {
  return code < 0 ? `-0x${(-code).toString(16)}` : `0x${code.toString(16)}`;
}
