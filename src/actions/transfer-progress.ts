/** How far an upload or download is. Bytes count when they are handed on, files when they are stored for good. */
export interface TransferProgress {
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}

/** How files travel: what GRPC_PARALLEL_STREAMS and GRPC_CHUNK_SIZE set (platform-api 2.7). */
export interface TransferTuning {
  /** Streams at a time, 1 to 64. */
  readonly streams: number;
  /** Bytes of content in one message, 1 KiB to 4 MiB − 512. */
  readonly chunkBytes: number;
}

export const defaultTuning: TransferTuning = { streams: 8, chunkBytes: 1024 * 1024 };
