import { ClaraError } from '../core/errors.ts';
import { runProgram } from '../system/run-program.ts';

/** One GPU as nvidia-smi describes it. Memory is megabytes; what a device does not tell is 0. */
export interface Gpu {
  readonly index: number;
  /** PCI bus number, which tells the devices of a machine apart. */
  readonly bus: number;
  /** Share of the time that kernels were running, 0 to 1. */
  readonly compute: number;
  /** Share of the time that memory was read or written, 0 to 1. */
  readonly memory: number;
  readonly memoryFree: number;
  readonly memoryUsed: number;
  readonly bar1Free: number;
  readonly bar1Used: number;
  /** Process numbers of those that use it. */
  readonly processes: readonly number[];
}

export const gpuQuery: readonly string[] = ['-q', '-x'];

/** The GPUs of this machine now; none where there is no NVIDIA driver. */
export async function readGpus(signal?: AbortSignal): Promise<readonly Gpu[]> {
  try {
    const result = await runProgram('nvidia-smi', gpuQuery, { timeoutMs: 10_000, ...(signal === undefined ? {} : { signal }) });
    // Any failure means that the driver is not loaded or has no device: nvidia-smi(1), RETURN VALUE.
    return result.exitCode === 0 ? parseGpus(result.stdout) : [];
  } catch (thrown) {
    if (thrown instanceof ClaraError && thrown.kind === 'missing-program') return [];
    throw thrown;
  }
}

/** Reads what `nvidia-smi -q -x` prints: flat, machine-made XML, of which a few elements matter. */
export function parseGpus(xml: string): Gpu[] {
  return [...xml.matchAll(/<gpu\b[^>]*>([\s\S]*?)<\/gpu>/g)].map(([, gpu = ''], index) => {
    const framebuffer = element(gpu, 'fb_memory_usage');
    const bar1 = element(gpu, 'bar1_memory_usage');
    const utilization = element(gpu, 'utilization');
    return {
      index,
      bus: Number.parseInt(element(gpu, 'pci_bus'), 16) || 0,
      compute: figure(utilization, 'gpu_util') / 100,
      memory: figure(utilization, 'memory_util') / 100,
      memoryFree: figure(framebuffer, 'free'),
      memoryUsed: figure(framebuffer, 'used'),
      bar1Free: figure(bar1, 'free'),
      bar1Used: figure(bar1, 'used'),
      processes: [...element(gpu, 'processes').matchAll(/<pid>\s*(\d+)\s*<\/pid>/g)].map(([, pid]) => Number(pid)),
    };
  });
}

function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1] ?? '';
}

/** `1270 MiB`, `30 %` or `N/A`. */
function figure(xml: string, name: string): number {
  return Number.parseFloat(element(xml, name)) || 0;
}
