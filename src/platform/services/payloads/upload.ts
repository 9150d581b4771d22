import { ClaraError } from '../../../core/errors.ts';
import { quoted } from '../../../core/names.ts';
import { PayloadType, type PayloadFileDetails, type PayloadsUploadRequest } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { type IncomingFile } from '../../store/files/incoming.ts';
import { type Destination } from '../../store/payload-files.ts';
import { type PayloadRecord } from '../../store/payloads.ts';
import { storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';
import { componentsOf, payloadOf, requireWritable } from './rules.ts';

interface Transfer {
  readonly file: IncomingFile;
  readonly to: Destination;
  /** The name as the client wrote it. */
  readonly name: string;
  /** Permission bits; 0 is "not given". */
  readonly mode: number;
}

/**
 * What one stream may have open; when it is more, all files but the newest are complete and are stored together. Small
 * files wait in memory, larger ones hold a descriptor.
 */
const maxOpen = { files: 512, smallBytes: 4 * 1024 * 1024, large: 8 };

/**
 * One Upload stream: chunks of any number of files (Clara guide, Payloads Upload RPC). Chunks of one name are appended in
 * order, also when those of other files lie between them. A file replaces what had its name only once it is complete; a
 * stream that breaks leaves the files alone that it had not finished.
 */
export class Upload {
  readonly #stores: Stores;
  readonly #signal: AbortSignal;
  readonly #open = new Map<string, Transfer>();
  readonly #stored = new Set<string>();
  #payload: PayloadRecord | undefined;
  /** Its identifier as the client writes it. */
  #payloadText = '';
  #current: Transfer | undefined;
  /** The batch that is being stored; never rejects, a failure is kept in #failure. */
  #storing: Promise<void> | undefined;
  #failure: { readonly thrown: unknown } | undefined;

  constructor(stores: Stores, signal: AbortSignal) {
    this.#stores = stores;
    this.#signal = signal;
  }

  /** Takes one message; waits where the disk is behind. */
  async take(request: PayloadsUploadRequest): Promise<void> {
    this.#throwFailure();
    const payload = this.#payloadFor(request);
    const before = this.#current;
    const transfer = this.#current = this.#transferFor(payload, request.details);
    try {
      const behind = transfer.file.append(request.data);
      if (behind !== undefined) await behind;
    } catch (thrown) {
      throw this.#failed(thrown, transfer.name);
    }
    if (transfer !== before && this.#full()) await this.#storeOldest();
  }

  /** Stores what is left; returns the details of the last file, under the name that the client gave it. */
  async finish(): Promise<PayloadFileDetails> {
    const last = this.#current;
    if (last === undefined) {
      throw new ClaraError('usage', 'the upload stream was empty: it names neither a payload nor a file, and nothing was stored', {
        wireCode: WireCode.payloadUpload,
        hint: 'an empty file needs one message with the payload, the name and no data',
      });
    }
    await this.#storing;
    this.#throwFailure();
    await this.#store([...this.#open.values()]);
    this.#throwFailure();
    return { name: last.name, size: last.file.size, mode: last.mode };
  }

  /** Deletes what has not been stored. */
  async abandon(): Promise<void> {
    await this.#storing;
    const left = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(left.map(async ({ file }) => {
      try {
        await file.discard();
      } catch (thrown) {
        this.#stores.log.warn({ err: thrown }, 'an unfinished upload is left; it goes at the next start');
      }
    }));
  }

  #payloadFor(request: PayloadsUploadRequest): PayloadRecord {
    if (this.#payload === undefined) {
      const payload = payloadOf(this.#stores, request.payloadId);
      requireWritable(this.#stores, payload, WireCode.payloadUpload);
      this.#payloadText = request.payloadId!.value;
      return this.#payload = payload;
    }
    const text = request.payloadId?.value ?? '';
    if (text === '' || text === this.#payloadText || payloadOf(this.#stores, request.payloadId).id === this.#payload.id) return this.#payload;
    throw new ClaraError('usage', 'one upload stream is for one payload', { wireCode: WireCode.payloadUpload });
  }

  #transferFor(payload: PayloadRecord, details: PayloadFileDetails | undefined): Transfer {
    const name = details?.name ?? '';
    if (this.#current !== undefined && (name === '' || name === this.#current.name)) return this.#current;
    const components = componentsOf(name, WireCode.payloadUpload);
    const key = components.join('/');
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    if (this.#stored.has(key)) {
      throw new ClaraError('usage', `${quoted(name)} goes on after others had followed; it was taken as complete`, { wireCode: WireCode.payloadUpload });
    }
    // Names of a job's payload are relative to its input folder (Clara guide, Payloads Upload RPC).
    const place = payload.type === PayloadType.PAYLOAD_TYPE_PIPELINE ? ['input', ...components] : components;
    const transfer = {
      file: this.#receive(name, details?.size ?? 0), to: { payloadId: payload.id, components: place }, name, mode: (details?.mode ?? 0) & 0o777,
    };
    this.#open.set(key, transfer);
    return transfer;
  }

  #receive(name: string, size: number): IncomingFile {
    try {
      return this.#stores.payloadFiles.receive(size);
    } catch (thrown) {
      throw this.#failed(thrown, name);
    }
  }

  #full(): boolean {
    let [small, large] = [0, 0];
    for (const { file } of this.#open.values()) {
      if (file.small) small += file.size;
      else large += 1;
    }
    return this.#open.size > maxOpen.files || small > maxOpen.smallBytes || large > maxOpen.large;
  }

  async #storeOldest(): Promise<void> {
    await this.#storing;
    this.#throwFailure();
    this.#storing = this.#store([...this.#open.values()].filter((transfer) => transfer !== this.#current));
  }

  /** Puts files on the disk and then under their names, if the payload still takes them. */
  async #store(transfers: readonly Transfer[]): Promise<void> {
    for (const [key, transfer] of this.#open) {
      if (!transfers.includes(transfer)) continue;
      this.#open.delete(key);
      this.#stored.add(key);
    }
    try {
      await Promise.all(transfers.map((transfer) => this.#complete(transfer)));
      await this.#stores.payloadFiles.sync(transfers.map(({ file }) => file));
      if (this.#signal.aborted) throw new ClaraError('interrupted', 'the caller went away');
      requireWritable(this.#stores, this.#payload!, WireCode.payloadUpload);
      await this.#place(transfers);
    } catch (thrown) {
      this.#failure ??= { thrown };
      await Promise.allSettled(transfers.map(({ file }) => file.discard()));
    }
  }

  async #complete({ file, name, mode }: Transfer): Promise<void> {
    try {
      await file.complete(mode);
    } catch (thrown) {
      throw this.#failed(thrown, name);
    }
  }

  async #place(transfers: readonly Transfer[]): Promise<void> {
    const failure = await this.#stores.payloadFiles.place(transfers);
    if (failure !== undefined) throw this.#failed(failure.thrown, transfers[failure.index]!.name);
  }

  #failed(thrown: unknown, name: string): unknown {
    return storageFailure(thrown, `${quoted(name)} could not be stored`, WireCode.payloadUpload);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }
}
