import { toTimestamp } from '../../core/time.ts';
import { type ServiceHandlers } from '../../api/server.ts';
import { type MonitorService } from '../../api/services.ts';
import { readGpus } from '../../tools/nvidia-smi.ts';
import { ok } from './common.ts';

/** The Monitor service: one snapshot of this machine's GPUs (platform-api 3.6). Memory is megabytes, shares are 0 to 1. */
export function monitorService(): ServiceHandlers<typeof MonitorService> {
  return {
    async *gpuMetrics(_request, { signal }) {
      const gpus = await readGpus(signal);
      const timestamp = toTimestamp(Date.now());
      yield {
        header: ok,
        gpuDetails: gpus.map((gpu) => ({
          deviceId: gpu.index,
          timestamp,
          data: {
            memoryUtilization: gpu.memory,
            gpuUtilization: gpu.compute,
            freeBar1: gpu.bar1Free,
            usedBar1: gpu.bar1Used,
            freeGpuMemory: gpu.memoryFree,
            usedGpuMemory: gpu.memoryUsed,
          },
        })),
      };
    },
  };
}
