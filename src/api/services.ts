/** The platform's six services, from the generated code; message types are imported from there directly. */
export { ClaraService } from './generated/nvidia/clara/platform/clara.ts';
export { JobsService } from './generated/nvidia/clara/platform/jobs.ts';
export { ModelsService } from './generated/nvidia/clara/platform/models.ts';
export { MonitorService } from './generated/nvidia/clara/platform/node-monitor/metrics.ts';
export { PayloadsService } from './generated/nvidia/clara/platform/payloads.ts';
export { PipelinesService } from './generated/nvidia/clara/platform/pipelines.ts';
