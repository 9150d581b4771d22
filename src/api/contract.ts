import { type RequestHeader, type ResponseHeader } from './generated/nvidia/clara/platform/common.ts';

/** One method of a generated service definition. */
export interface MethodShape {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}
export type ServiceShape = Readonly<Record<string, MethodShape>>;

export type RequestOf<M extends MethodShape> = ReturnType<M['requestDeserialize']>;
export type ResponseOf<M extends MethodShape> = ReturnType<M['responseDeserialize']>;

/** Messages as callers write them: fields that are left out take their proto3 default. */
export type Loose<Message> = Partial<Message>;

export type WithRequestHeader = { header?: RequestHeader | undefined };
export type WithResponseHeader = { header?: ResponseHeader | undefined };

const empty = Buffer.alloc(0);

/** Fills a message in with the defaults of its type: decoding no bytes gives exactly these. */
export function withDefaults<Message>(decode: (bytes: Buffer) => unknown, message: Loose<Message>): Message {
  return { ...(decode(empty) as Message), ...message };
}
