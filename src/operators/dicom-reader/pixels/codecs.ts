import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Library from 'dcmjs-codecs';
import { messageOf } from '../../../core/errors.ts';
import { damaged } from './codestream.ts';

/** One frame for a decoder of the codec library. */
export interface CodecFrame {
  readonly columns: number;
  readonly rows: number;
  /** 8 or 16: size of the decoded words. */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
}

export type CodecMethod = 'decodeJpeg' | 'decodeJpegLs' | 'decodeJpeg2000' | 'decodeHtJpeg2000';

/** The compiled codecs (IJG, CharLS, OpenJPEG, OpenJPH in one WebAssembly module). They are loaded when the first frame needs one. */
export interface Codecs {
  /** @throws ClaraError `failed` where the decoder stops, or complains of the data. */
  decode(method: CodecMethod, packed: Uint8Array, frame: CodecFrame): Promise<Uint8Array>;
}

const wasmFile = 'dcmjs-native-codecs.wasm';

export function createCodecs(): Codecs {
  const complaints: string[] = [];
  let loading: Promise<typeof Library> | undefined;
  return {
    decode: async (method, packed, frame) => {
      const { NativeCodecs, Context } = await (loading ??= load(complaints));
      complaints.length = 0;
      try {
        const context = new Context({
          width: frame.columns,
          height: frame.rows,
          bitsAllocated: frame.bitsAllocated,
          bitsStored: frame.bitsStored,
          samplesPerPixel: 1,
          pixelRepresentation: frame.signed ? 1 : 0,
          planarConfiguration: 0,
          photometricInterpretation: 'MONOCHROME2',
          encodedBuffer: packed,
        });
        const bytes = NativeCodecs[method](context).getDecodedBuffer();
        const complaint = complaints.find((line) => /corrupt|premature|truncated|invalid/i.test(line));
        if (complaint !== undefined) throw new Error(complaint);
        return bytes ?? new Uint8Array(0);
      } catch (error) {
        // An error leaves the module's stack and heap as they were in the middle of it: the next frame gets a new instance.
        loading = undefined;
        throw damaged(reasonOf(messageOf(error)));
      }
    },
  };
}

/** Loads the library with a new instance of its module, which reports what it notices instead of hiding it. */
async function load(complaints: string[]): Promise<typeof Library> {
  const module: typeof Library & { default?: typeof Library } = await import('dcmjs-codecs');
  // The package is CommonJS: Node.js puts its exports under `default`, a bundle does not.
  const library = module.default ?? module;
  library.log.methodFactory = () => (...parts: unknown[]) => void complaints.push(parts.join(' '));
  library.log.setLevel('info', false);
  await library.NativeCodecs.initializeAsync({ webAssemblyModulePathOrUrl: wasmPath(), logCodecsInfo: true });
  return library;
}

/** The module lies beside the built program; run from source it is where npm put it. */
function wasmPath(): string {
  const beside = fileURLToPath(new URL(wasmFile, import.meta.url));
  return existsSync(beside) ? beside : createRequire(import.meta.url).resolve(`dcmjs-codecs/build/${wasmFile}`);
}

/** The library's messages name its functions first; CharLS ends in a trap without words. */
function reasonOf(message: string): string {
  const words = message.trim().replace(/^.*::/s, '');
  return words === 'unreachable' ? 'the decoder gave up' : words;
}
