import { ModelDetails } from '../../../api/generated/nvidia/clara/platform/models.ts';
import { type ModelRecord } from '../../store/models.ts';
import { type Stores } from '../context.ts';

/** A message is sent when it has grown to this; one model alone may be up to 4 MB because of its metadata. */
const fullAt = 64 * 1024;
/** Models in one message at most, so that the first ones are out soon. */
const mostInOne = 200;

export function modelDetails({ metadata }: Pick<Stores, 'metadata'>, { id, name, type }: ModelRecord): ModelDetails {
  return { modelId: { value: id }, name, type, metadata: { ...metadata.get('model', id) } };
}

/** Models in lists for messages, each far below what a client takes; none for no models. */
export function* inMessages(stores: Pick<Stores, 'metadata'>, models: Iterable<ModelRecord>): Generator<ModelDetails[]> {
  let page: ModelDetails[] = [];
  let bytes = 0;
  for (const model of models) {
    const details = modelDetails(stores, model);
    const size = ModelDetails.encode(details).finish().length;
    if (page.length > 0 && (bytes + size > fullAt || page.length === mostInOne)) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(details);
    bytes += size;
  }
  if (page.length > 0) yield page;
}
