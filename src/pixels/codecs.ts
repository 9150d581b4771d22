import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Library from 'dcmjs-codecs';
import { messageOf } from '../core/errors.ts';
import { damaged } from './codestream.ts';

/** One frame for a decoder of the codec library. */
export interface CodecFrame {
  readonly columns: number;
  readonly rows: number;
  /** 8 or 16: size of the decoded words. */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly samplesPerPixel: number;
  /** Of JPEG: colours come out as RGB. */
  readonly toRgb: boolean;
}

export type CodecMethod = 'decodeJpeg' | 'decodeJpegLs' | 'decodeJpeg2000' | 'decodeHtJpeg2000';

/** The compiled codecs (IJG, CharLS, OpenJPEG, OpenJPH in one WebAssembly module). They are loaded when the first frame needs one. */
export interface Codecs {
  /** @throws ClaraError `failed` where the decoder stops, or complains of the data. */
  decode(method: CodecMethod, packed: Uint8Array, frame: CodecFrame): Promise<Uint8Array>;
  /** Gives the module's memory back, until the next frame. */
  release(): void;
}

const wasmFile = 'dcmjs-native-codecs.wasm';

export function createCodecs(): Codecs {
  let loading: Promise<typeof Library> | undefined;
  let loaded: typeof Library | undefined;
  return {
    release: () => {
      loaded?.NativeCodecs.release();
      [loading, loaded] = [undefined, undefined];
    },
    decode: async (method, packed, frame) => {
      // The library has one module for everybody: another user may have given it up in the meantime.
      while (loaded?.NativeCodecs.isInitialized() !== true) {
        if (loaded !== undefined) [loading, loaded] = [undefined, undefined];
        loaded = await (loading ??= load());
      }
      const { NativeCodecs, Context } = loaded;
      const complaints = listen(loaded);
      try {
        const context = new Context({
          width: frame.columns,
          height: frame.rows,
          bitsAllocated: frame.bitsAllocated,
          bitsStored: frame.bitsStored,
          samplesPerPixel: frame.samplesPerPixel,
          pixelRepresentation: frame.signed ? 1 : 0,
          planarConfiguration: 0,
          photometricInterpretation: frame.samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
          encodedBuffer: packed,
        });
        const bytes = NativeCodecs[method](context, { convertColorspaceToRgb: frame.toRgb }).getDecodedBuffer();
        const complaint = complaints.find((line) => /corrupt|premature|truncated|invalid/i.test(line));
        if (complaint !== undefined) throw new Error(complaint);
        return bytes ?? new Uint8Array(0);
      } catch (error) {
        // An error leaves the module's stack and heap as they were in the middle of it: the next frame gets a new instance.
        NativeCodecs.release();
        throw damaged(reasonOf(messageOf(error)));
      }
    },
  };
}

/** Loads the library with a new instance of its module, which reports what it notices instead of hiding it. */
async function load(): Promise<typeof Library> {
  const module: typeof Library & { default?: typeof Library } = await import('dcmjs-codecs');
  // The package is CommonJS: Node.js puts its exports under `default`, a bundle does not.
  const library = module.default ?? module;
  await library.NativeCodecs.initializeAsync({ webAssemblyModulePathOrUrl: wasmPath(), logCodecsInfo: true });
  return library;
}

/** What the module reports from now on. */
function listen({ log }: typeof Library): string[] {
  const complaints: string[] = [];
  log.methodFactory = () => (...parts: unknown[]) => void complaints.push(parts.join(' '));
  log.setLevel('info', false);
  return complaints;
}

/** The module lies beside the built operators, and below the other programs; run from source it is where npm put it. */
function wasmPath(): string {
  const built = [wasmFile, `operators/${wasmFile}`].map((file) => fileURLToPath(new URL(file, import.meta.url)));
  return built.find((file) => existsSync(file)) ?? createRequire(import.meta.url).resolve(`dcmjs-codecs/build/${wasmFile}`);
}

/** The library's messages name its functions first; CharLS ends in a trap without words. */
function reasonOf(message: string): string {
  const words = message.trim().replace(/^.*::/s, '');
  return words === 'unreachable' ? 'the decoder gave up' : words;
}
