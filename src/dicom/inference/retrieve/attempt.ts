import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type WantedInput, type WantedStudy, type WebResource } from '../request/request.ts';
import { findStudies, retrieveDicom, type Query, type Retrieved, type SourceOptions } from './dicomweb.ts';
import { fhirNames, fhirPlace, retrieveFhir } from './fhir.ts';
import { NoRoom, type Wanted } from './store-instance.ts';

export interface AttemptOptions extends SourceOptions {
  readonly inputs: readonly WantedInput[];
  /** In the order in which they are asked. */
  readonly sources: readonly WebResource[];
  /** What earlier attempts have retrieved completely. */
  readonly done: Set<string>;
  /** One more is: write it down. */
  readonly onDone: (item: string) => void;
  readonly onRetrieved: (at: string, source: string, found: Retrieved) => void;
}

/** What could not be retrieved, by its place in the request, and why the last source did not give it. */
export type Missing = ReadonlyMap<string, string>;

/**
 * Retrieves what is still missing: each source in turn is asked for what those before it did not give (dicom-adapter 13).
 * Throws where the disk is too full, where the signal fires, and for bugs; everything else is in what is returned.
 */
export async function attempt(options: AttemptOptions): Promise<Missing> {
  const missing = new Map<string, string>();
  for (const source of options.sources) {
    const walk = new Walk(source, options, missing);
    for (const input of options.inputs) await walk.input(input);
  }
  return missing;
}

/** One way through the inputs with one source. */
class Walk {
  readonly #source: WebResource;
  readonly #options: AttemptOptions;
  readonly #missing: Map<string, string>;
  readonly #names: ReadonlyMap<string, string>;

  constructor(source: WebResource, options: AttemptOptions, missing: Map<string, string>) {
    this.#source = source;
    this.#options = options;
    this.#missing = missing;
    this.#names = fhirNames(options.inputs);
  }

  async input(input: WantedInput): Promise<void> {
    if ((input.kind === 'fhir') !== (this.#source.kind === 'fhir')) return;
    switch (input.kind) {
      case 'studies':
        for (const [index, study] of input.studies.entries()) await this.#study(study, `${input.at}.studies[${index}]`);
        return;
      case 'patient':
        return this.#query({ tag: '00100020', value: input.patientId }, input.at);
      case 'accession':
        for (const [index, value] of input.numbers.entries()) await this.#query({ tag: '00080050', value }, `${input.at}.accessionNumber[${index}]`);
        return;
      case 'fhir':
        for (const [index, resource] of input.resources.entries()) {
          const at = fhirPlace(input, index);
          await this.#item(at, () => retrieveFhir(this.#source, { resource, format: input.format, version: input.version, name: this.#names.get(at)! }, this.#options));
        }
    }
  }

  async #study({ study, series }: WantedStudy, at: string): Promise<void> {
    if (series.length === 0) return void (await this.#dicom(at, { study }));
    for (const [index, { series: own, instances }] of series.entries()) {
      const place = `${at}.series[${index}]`;
      if (instances.length === 0) await this.#dicom(place, { study, series: own });
      for (const [number, instance] of instances.entries()) await this.#dicom(`${place}.instances[${number}]`, { study, series: own, instance });
    }
  }

  /** Every source is asked: each may have other studies. One that has given what it found is not asked again. */
  async #query(query: Query, at: string): Promise<void> {
    await this.#item(`${at} of ${this.#source.at}`, async () => {
      const studies = await findStudies(this.#source, query, this.#options);
      if (studies.length === 0) return 'later';
      let failed = 0;
      for (const [index, study] of studies.entries()) {
        // A study that another source has given is not asked for again.
        if (!(await this.#dicom(`${at} of ${this.#source.at}, study ${index + 1} of ${studies.length}`, { study }, `study ${study}`))) failed += 1;
      }
      if (failed > 0) throw new ClaraError('failed', `${failed} of ${studies.length} studies were not retrieved`);
      return undefined;
    });
  }

  #dicom(at: string, wanted: Wanted, item = at): Promise<boolean> {
    return this.#item(at, async () => this.#options.onRetrieved(at, this.#source.at, await retrieveDicom(this.#source, wanted, this.#options)), item);
  }

  /** Does one thing unless it is done; says whether it is. `later`: it went well, and there may be more another time. */
  async #item(at: string, work: () => Promise<'later' | void>, item = at): Promise<boolean> {
    const { done, onDone, signal } = this.#options;
    if (done.has(item)) return true;
    try {
      const found = await work();
      this.#missing.delete(at);
      if (found === 'later') return true;
      done.add(item);
      onDone(item);
      return true;
    } catch (thrown) {
      if (signal.aborted || thrown instanceof NoRoom || !(thrown instanceof ClaraError)) throw thrown;
      this.#missing.set(at, `${this.#source.at}: ${messageOf(thrown)}`);
      return false;
    }
  }
}
