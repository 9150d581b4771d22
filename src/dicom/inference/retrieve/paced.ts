import { ClaraError } from '../../../core/errors.ts';

/** Fewer bytes than this in a window are no transfer: about 1 kB a second. */
const leastBytesPerSecond = 1000;

/**
 * Passes a body on as long as it arrives at a pace: a server that trickles must not hold a place for ever. Only the time
 * that is spent waiting for it counts, in windows of so many ms.
 */
export async function* paced(body: AsyncIterable<Buffer>, windowMs: number): AsyncGenerator<Buffer, void, undefined> {
  const source = body[Symbol.asyncIterator]();
  let [waitedMs, bytes] = [0, 0];
  try {
    for (;;) {
      const asked = performance.now();
      const { value, done } = await source.next();
      if (done === true) return;
      waitedMs += performance.now() - asked;
      bytes += value.length;
      if (waitedMs >= windowMs) {
        if (bytes < (leastBytesPerSecond * waitedMs) / 1000) throw new ClaraError('unreachable', `the answer arrives at less than ${leastBytesPerSecond} bytes a second`);
        [waitedMs, bytes] = [0, 0];
      }
      yield value;
    }
  } finally {
    // Whoever stops reading ends the transfer.
    await source.return?.();
  }
}
