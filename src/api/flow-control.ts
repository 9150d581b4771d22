import { type Server } from '@grpc/grpc-js';

/** Bytes that a client may send on one call before it waits for us. */
const streamWindow = 1024 * 1024;
/** The same for all calls of one connection together. */
const connectionWindow = 8 * 1024 * 1024;

interface Http2Server {
  on(event: 'session', listener: (session: { setLocalWindowSize(bytes: number): void }) => void): unknown;
}

interface Internals {
  commonServerOptions?: { settings?: object };
  createHttp2Server?: (credentials: unknown) => Http2Server;
}

/**
 * Lets clients send more before they wait for our word that it has arrived. HTTP/2's 64 KiB a round trip caps an upload at
 * a few megabytes a second over a distance, and on one machine costs a third of the speed. grpc-js has an option for
 * this in its client only, so it is set in the server's own fields; where a release has renamed them nothing is done.
 */
export function widenWindows(server: Server): void {
  const internals = server as unknown as Internals;
  const { commonServerOptions: options, createHttp2Server: create } = internals;
  if (options === undefined || create === undefined) return;
  options.settings = { ...options.settings, initialWindowSize: streamWindow };
  internals.createHttp2Server = (credentials) => {
    const http2 = create.call(server, credentials);
    http2.on('session', (session) => session.setLocalWindowSize(connectionWindow));
    return http2;
  };
}
