import { ClaraError, systemCode } from '../../../core/errors.ts';
import { payloadName } from '../../receive/payload-name.ts';
import { type InstanceFiles, type NewFile } from '../../receive/instance-files.ts';
import { decodeFileHeader, type FileHeader } from '../../part10/header.ts';
import { DataSetScanner } from '../../part10/scan-data-set.ts';
import { tags, tagText } from '../../part10/scanner.ts';
import { type RetrievedFile } from '../../store/inference.ts';

/** The disk is too full to go on; it is tried again when there is room. */
export class NoRoom extends ClaraError {
  constructor(cause?: unknown) {
    super('failed', 'the disk is too full', { cause });
  }
}

export interface StoreOptions {
  readonly files: InstanceFiles;
  readonly hasRoom: () => boolean;
  /** Takes a file in that is complete and on the disk; false where it is there already. */
  readonly take: (file: RetrievedFile) => Promise<boolean>;
}

/** What an instance must be of; what is left out may be anything. */
export interface Wanted {
  readonly study: string;
  readonly series?: string;
  readonly instance?: string;
}

/** How often it is looked whether there is room, in bytes that arrive. */
const roomEveryBytes = 16 * 1024 * 1024;
const identifiers = [tags.patientId, tags.studyInstance, tags.seriesInstance];

/** Stores bytes as they come under a name that only the whole of them tells; false where it was there already. Nothing stays of what fails. */
export async function storeBytes(body: AsyncIterable<Buffer>, { files, hasRoom, take }: StoreOptions, look: Look): Promise<boolean> {
  let file: NewFile | undefined;
  let isTaken = false;
  try {
    let unchecked = Infinity;
    for await (const piece of body) {
      unchecked += piece.length;
      if (unchecked >= roomEveryBytes) {
        if (!hasRoom()) throw new NoRoom();
        unchecked = 0;
      }
      const seen = look.at(piece);
      if (seen instanceof Promise) await seen;
      file ??= await files.create();
      await file.write([piece]);
    }
    const described = look.end();
    if (file === undefined) throw new ClaraError('failed', 'it is empty');
    await file.keep();
    isTaken = await take({ ...described, file: file.name, bytes: file.bytes });
    return isTaken;
  } catch (thrown) {
    if (['ENOSPC', 'EDQUOT'].includes(systemCode(thrown) ?? '')) throw new NoRoom(thrown);
    throw thrown;
  } finally {
    if (!isTaken) await file?.discard();
  }
}

/** Looks at bytes as they pass by, and says in the end what they are. */
export interface Look {
  at(piece: Buffer): Promise<void> | undefined;
  end(): Omit<RetrievedFile, 'file' | 'bytes'>;
}

/** Looks at a DICOM file (PS3.10): what is in it must be what was asked for. */
export class InstanceLook implements Look {
  readonly #wanted: Wanted;
  #head: Buffer[] = [];
  #headBytes = 0;
  #needs = 512;
  #header: FileHeader | undefined;
  #scanner: DataSetScanner | undefined;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  at(piece: Buffer): Promise<void> | undefined {
    if (this.#scanner !== undefined) return this.#scanner.push(piece);
    this.#head.push(Buffer.from(piece));
    this.#headBytes += piece.length;
    return this.#headBytes < this.#needs ? undefined : this.#decode(false);
  }

  end(): Omit<RetrievedFile, 'file' | 'bytes'> {
    if (this.#header === undefined) void this.#decode(true);
    const { meta } = this.#header!;
    const scanner = this.#scanner!;
    scanner.end();
    const missing = identifiers.find((tag) => scanner.text(tag) === undefined);
    if (missing !== undefined) throw new ClaraError('failed', `${tagText(missing)} is missing${scanner.problem === undefined ? '' : `: ${scanner.problem}`}`);
    const [patientId, studyInstance, seriesInstance] = identifiers.map((tag) => scanner.text(tag)!) as [string, string, string];
    const { study, series = seriesInstance, instance = meta.sopInstance } = this.#wanted;
    if (studyInstance !== study || seriesInstance !== series || meta.sopInstance !== instance) throw new ClaraError('failed', 'it is not of what was asked for');
    return { name: payloadName({ patientId, studyInstance, seriesInstance, sopInstance: meta.sopInstance }), sopClass: meta.sopClass, sopInstance: meta.sopInstance };
  }

  #decode(isWhole: boolean): Promise<void> | undefined {
    const head = Buffer.concat(this.#head);
    const found = decodeFileHeader(head, isWhole);
    if ('needs' in found) {
      this.#head = [head];
      this.#needs = found.needs;
      return undefined;
    }
    this.#header = found;
    this.#head = [];
    this.#scanner = new DataSetScanner(found.meta.transferSyntax, identifiers);
    return this.#scanner.push(head.subarray(found.dataSetOffset));
  }
}
