import { type Identifier } from '../../../api/generated/nvidia/clara/platform/common.ts';
import { type ModelCatalogDetails, type ModelDetails } from '../../../api/generated/nvidia/clara/platform/models.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type ModelSetKind } from '../../store/models.ts';
import { found, requireId } from '../common.ts';
import { type Stores } from '../context.ts';
import { inMessages } from './messages.ts';

/** Catalogs or instances: lists of models under an identifier. */
export class ModelSets {
  readonly #stores: Stores;
  readonly #kind: ModelSetKind;

  constructor(stores: Stores, kind: ModelSetKind) {
    this.#stores = stores;
    this.#kind = kind;
  }

  create(id: string): string {
    this.#stores.models.createSet(this.#kind, id, Date.now());
    return id;
  }

  /** The identifier of a set that exists. */
  require(identifier: Identifier | undefined): string {
    const id = requireId(identifier, this.#kind, WireCode.invalidModelId);
    return found(this.#stores.models.hasSet(this.#kind, id) ? id : undefined, this.#kind, id, WireCode.missingModel);
  }

  delete(identifier: Identifier | undefined): string {
    const id = this.require(identifier);
    this.#stores.models.deleteSet(id);
    return id;
  }

  /** Every set with its models, for messages; one that does not fit into a message goes on in the next, under the same id. */
  *list(): Generator<ModelCatalogDetails[]> {
    for (const id of this.#stores.models.listSets(this.#kind)) {
      for (const models of this.read(id)) yield [{ catalogId: { value: id }, models }];
    }
  }

  /** The models of a set, for messages; at least one, so that an empty set is told too. */
  *read(id: string): Generator<ModelDetails[]> {
    let any = false;
    for (const page of inMessages(this.#stores, this.#stores.models.members(id))) {
      any = true;
      yield page;
    }
    if (!any) yield [];
  }

  update(): ModelSetUpdate {
    return new ModelSetUpdate(this.#stores, this);
  }
}

/** The complete new list of a set, from the messages of a stream. */
export class ModelSetUpdate {
  readonly #stores: Stores;
  readonly #sets: ModelSets;
  readonly #models = new Set<string>();
  #id: string | undefined;

  constructor(stores: Stores, sets: ModelSets) {
    this.#stores = stores;
    this.#sets = sets;
  }

  add(identifier: Identifier | undefined, modelIds: readonly Identifier[]): void {
    const id = identifier === undefined && this.#id !== undefined ? this.#id : this.#sets.require(identifier);
    if (this.#id !== undefined && this.#id !== id) throw new ClaraError('usage', 'one update stream is for one list of models', { wireCode: WireCode.invalidModelId });
    this.#id = id;
    for (const modelId of modelIds) this.#models.add(requireId(modelId, 'model', WireCode.invalidModelId));
  }

  /** Replaces the list, or throws and leaves it; returns the identifier of the set. */
  apply(): string {
    const { db, models } = this.#stores;
    return db.transaction(() => {
      const id = this.#sets.require(this.#id === undefined ? undefined : { value: this.#id });
      for (const modelId of this.#models) found(models.get(modelId), 'model', modelId, WireCode.missingModel);
      models.setMembers(id, this.#models);
      return id;
    });
  }
}
