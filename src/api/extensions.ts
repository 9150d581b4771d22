/**
 * What our platform understands beyond the contract, each switched on by a gRPC metadata key of the request: old clients
 * do not send it, old platforms ignore it.
 */

/** Jobs.ReadLogs stays open until the operator has ended. */
export const followLogs = { key: 'clara-follow', value: 'true' } as const;

/**
 * Payloads.Download and Payloads.Upload of many small files with few messages: each is worth as much work as the file that
 * it brings. The `data` of a message without details holds whole messages of the same type, one for each file, in the
 * form of packing.ts; other messages mean what they always do. The `name` of a download holds the names of all files, which
 * cannot contain the separator; the files come in that order.
 */
export const packedFiles = { key: 'clara-batch', value: 'packed', separator: '\0' } as const;

/** Payloads.Details without an id tells which payloads there are, newest first, each by one message without a file. */
export const everyPayload = { key: 'clara-payloads', value: 'all' } as const;

/** Payloads.Delete takes along the job that the payload belongs to, once it has stopped: its record, its metadata, its logs. */
export const jobToo = { key: 'clara-delete', value: 'job' } as const;

/** The last message of a client stream has the mark of stream-end.ts; one that ends without it broke off. */
export const markedEnd = { key: 'clara-end', value: 'marked' } as const;
