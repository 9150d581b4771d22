import { type Database } from '../../system/database/sqlite.ts';
import { type Logger } from '../../system/log.ts';
import { type JobStore } from '../store/job-records.ts';
import { type MetadataStore } from '../store/metadata.ts';
import { type ModelFiles } from '../store/model-files.ts';
import { type ModelStore } from '../store/models.ts';
import { type PayloadFiles } from '../store/payload-files.ts';
import { type PayloadStore } from '../store/payloads.ts';
import { type PipelineStore } from '../store/pipelines.ts';

/** What the services work with. */
export interface Stores {
  readonly db: Database;
  readonly pipelines: PipelineStore;
  readonly payloads: PayloadStore;
  readonly payloadFiles: PayloadFiles;
  readonly jobs: JobStore;
  readonly models: ModelStore;
  readonly modelFiles: ModelFiles;
  readonly metadata: MetadataStore;
  readonly log: Logger;
}
