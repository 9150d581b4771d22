/**
 * What our platform understands beyond the contract, each switched on by a gRPC metadata key of the request: old clients
 * do not send it, old platforms ignore it.
 */

/** Jobs.ReadLogs stays open until the operator has ended. */
export const followLogs = { key: 'clara-follow', value: 'true' } as const;

/**
 * Payloads.Download of several files in one call: `name` holds their names, which cannot contain the separator. They come
 * one after the other; the first message of each has its details.
 */
export const batchDownload = { key: 'clara-batch', value: 'true', separator: '\0' } as const;
