/** Small files share a stream until it holds this much: a call costs more than a message. */
const batchBytes = 4 * 1024 * 1024;
const batchFiles = 128;

/** Which files go together in one stream: one of `largeBytes` or more alone, smaller ones together. */
export function inBatches<File extends { readonly size: number }>(files: readonly File[], largeBytes: number): File[][] {
  const batches: File[][] = [];
  let open: File[] = [];
  let size = 0;
  for (const file of files) {
    if (file.size >= largeBytes) {
      batches.push([file]);
      continue;
    }
    if (open.length === batchFiles || (open.length > 0 && size + file.size > batchBytes)) {
      open = [];
      size = 0;
    }
    if (open.length === 0) batches.push(open);
    open.push(file);
    size += file.size;
  }
  return batches;
}
