import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { toTimestamp } from '../../core/time.ts';
import { version } from '../../core/version.ts';
import { type ServiceHandlers } from '../../api/server.ts';
import { type ClaraService } from '../../api/services.ts';
import { type ClaraUtilizationResponse_GpuUtilization } from '../../api/generated/nvidia/clara/platform/clara.ts';
import { operatorOf } from '../../system/operator-process.ts';
import { type Gpu, readGpus } from '../../tools/nvidia-smi.ts';
import { ok, stopping } from './common.ts';

/** Between two snapshots of a watched utilisation, in milliseconds. */
const watchEveryMs = 2000;

/**
 * The Clara service (Clara guide, Clara API; platform-api 3.1).
 * @param stop asks the server to end; it does so after the answer is out
 * @param closing fires when the server ends: nothing is watched any longer
 */
export function claraService(stop: () => void, closing: AbortSignal): ServiceHandlers<typeof ClaraService> {
  return {
    stop() {
      stop();
      return { header: ok };
    },

    version() {
      const [, major = '0', minor = '0', patch = '0', label = ''] = /^(\d+)\.(\d+)\.(\d+)(?:-(.+))?$/.exec(version) ?? [];
      return { header: ok, version: { major: Number(major), minor: Number(minor), patch: Number(patch), label } };
    },

    async *utilization({ watch }, context) {
      const signal = AbortSignal.any([context.signal, closing]);
      do {
        const gpus = await readGpus(signal);
        yield { header: ok, gpuMetrics: gpus.map(utilizationOf) };
        if (watch) await pause(signal);
      } while (watch && !signal.aborted);
      if (watch && closing.aborted) throw stopping();
    },
  };
}

function utilizationOf(gpu: Gpu): ClaraUtilizationResponse_GpuUtilization {
  return {
    nodeId: hostname(),
    pcieId: gpu.bus,
    computeUtilization: gpu.compute,
    memoryFree: gpu.memoryFree,
    memoryUsed: gpu.memoryUsed,
    memoryUtilization: gpu.memory,
    timestamp: toTimestamp(Date.now()),
    // Only operators of jobs: NVIDIA's client fails on a watched process that has no job.
    processDetails: gpu.processes.flatMap((pid) => {
      const operator = operatorOf(pid);
      return operator === undefined ? [] : [{ name: operator.name, jobId: { value: operator.jobId } }];
    }),
  };
}

/** Waits until the next snapshot is due, or the caller is gone. */
async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(watchEveryMs, undefined, { signal });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
