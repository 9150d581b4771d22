/** The platform's six services, from the generated code; message types are imported from there directly. */
import { bulkCodec } from './bulk-codec.ts';
import * as models from './generated/nvidia/clara/platform/models.ts';
import * as payloads from './generated/nvidia/clara/platform/payloads.ts';

export { ClaraService } from './generated/nvidia/clara/platform/clara.ts';
export { JobsService } from './generated/nvidia/clara/platform/jobs.ts';
export { MonitorService } from './generated/nvidia/clara/platform/node-monitor/metrics.ts';
export { PipelinesService } from './generated/nvidia/clara/platform/pipelines.ts';

const payloadUpload = bulkCodec(payloads.PayloadsUploadRequest, 4);
const payloadDownload = bulkCodec(payloads.PayloadsDownloadResponse, 3);
const modelUpload = bulkCodec(models.ModelsUploadModelRequest, 4);
const modelDownload = bulkCodec(models.ModelsDownloadModelResponse, 4);

/** `data` of a received message is a view of the message's bytes, not a copy. */
export const PayloadsService = {
  ...payloads.PayloadsService,
  upload: { ...payloads.PayloadsService.upload, requestSerialize: payloadUpload.encode, requestDeserialize: payloadUpload.decode },
  download: { ...payloads.PayloadsService.download, responseSerialize: payloadDownload.encode, responseDeserialize: payloadDownload.decode },
} as const;

/** `data` of a received message is a view of the message's bytes, not a copy. */
export const ModelsService = {
  ...models.ModelsService,
  uploadModel: { ...models.ModelsService.uploadModel, requestSerialize: modelUpload.encode, requestDeserialize: modelUpload.decode },
  downloadModel: { ...models.ModelsService.downloadModel, responseSerialize: modelDownload.encode, responseDeserialize: modelDownload.decode },
} as const;
