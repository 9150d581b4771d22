import { type ExportFailure } from '../store/exports.ts';
import { type ExporterState } from './exporter.ts';

/** What exporters are doing, for `clara dicom status`. */
export interface ExportStatus {
  /** Tasks in hand: being fetched, sent, or reported. */
  readonly inProgress: number;
  /** Tasks that failed and were put back for another attempt. */
  readonly retrying: number;
  /** Of the last days. */
  readonly delivered: number;
  readonly failed: number;
  readonly lastFailure: ExportFailure | undefined;
  readonly exporters: readonly ExporterState[];
}
