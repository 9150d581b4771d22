import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { type ServiceShape } from '../../src/api/contract.ts';
import { addService, type ServiceHandlers } from '../../src/api/server.ts';

/** A service with the handlers that a test needs; calls of the others end with UNIMPLEMENTED. */
export function serve<S extends ServiceShape>(definition: S, handlers: Partial<ServiceHandlers<S>>): (server: Server) => void {
  const present = Object.fromEntries(Object.entries(definition).filter(([name]) => name in handlers));
  return (server) => {
    // grpc-js takes no empty service.
    if (Object.keys(present).length > 0) addService(server, present as S, handlers as ServiceHandlers<S>, () => undefined);
  };
}

/** Starts a real gRPC server on a free port of 127.0.0.1 until the test ends; returns `host:port`. */
export async function startGrpcServer(services: readonly ((server: Server) => void)[], options: ServerOptions = {}): Promise<string> {
  const server = new Server({ 'grpc.max_receive_message_length': 8 * 1024 * 1024, ...options });
  for (const add of services) add(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  onTestFinished(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}
