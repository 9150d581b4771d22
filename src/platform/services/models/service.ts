import { closeSync } from 'node:fs';
import { newId } from '../../../core/ids.ts';
import { type ServiceHandlers } from '../../../api/server.ts';
import { type ModelsService } from '../../../api/services.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { type ModelRecord } from '../../store/models.ts';
import { found, ok, requireId, storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';
import { fileContent } from '../file-content.ts';
import { inMessages, modelDetails } from './messages.ts';
import { ModelSets } from './sets.ts';
import { uploadModel } from './upload.ts';

/** The Models service: a repository of archives, and sets of them (Clara guide, Models API; platform-api 3.5). */
export function modelsService(stores: Stores): ServiceHandlers<typeof ModelsService> {
  const { db, models, modelFiles, metadata } = stores;
  const catalogs = new ModelSets(stores, 'catalog');
  const instances = new ModelSets(stores, 'instance');

  function modelOf(identifier: { value: string } | undefined): ModelRecord {
    const id = requireId(identifier, 'model', WireCode.invalidModelId);
    return found(models.get(id), 'model', id, WireCode.missingModel);
  }

  return {
    async uploadModel(requests, context) {
      return { header: ok, details: modelDetails(stores, await uploadModel(stores, requests, context.signal)) };
    },

    async *downloadModel(request) {
      const model = modelOf(request.modelId);
      let fd: number;
      try {
        fd = modelFiles.open(model.file);
      } catch (thrown) {
        throw storageFailure(thrown, `model ${model.id} could not be opened`, WireCode.missingModel);
      }
      try {
        let first = true;
        for await (const data of fileContent(fd, model.size, `model ${model.id}`, WireCode.missingModel)) {
          yield first ? { header: ok, details: modelDetails(stores, model), data } : { header: ok, data };
          first = false;
        }
      } finally {
        closeSync(fd);
      }
    },

    async *listModels() {
      for (const page of inMessages(stores, models.list())) yield { header: ok, models: page };
    },

    async deleteModel(request) {
      const model = modelOf(request.modelId);
      db.transaction(() => {
        models.delete(model.id);
        metadata.clear('model', model.id);
      });
      await modelFiles.delete(model.file);
      return { header: ok, modelId: { value: model.id } };
    },

    addMetadata(request) {
      const { id } = modelOf(request.modelId);
      return { header: ok, modelId: { value: id }, metadata: { ...metadata.add('model', id, request.metadata) } };
    },

    removeMetadata(request) {
      const { id } = modelOf(request.modelId);
      return { header: ok, modelId: { value: id }, metadata: { ...metadata.remove('model', id, request.keys) } };
    },

    createCatalog: () => ({ header: ok, catalogId: { value: catalogs.create(newId()) } }),
    createInstance: () => ({ header: ok, instanceId: { value: instances.create(newId()) } }),
    deleteCatalog: ({ catalogId }) => ({ header: ok, catalogId: { value: catalogs.delete(catalogId) } }),
    deleteInstance: ({ instanceId }) => ({ header: ok, instanceId: { value: instances.delete(instanceId) } }),

    async *listCatalogs() {
      for (const page of catalogs.list()) yield { header: ok, catalogs: page };
    },
    // An instance is described with the same message; its id is in `catalog_id` (platform-api 3.5).
    async *listInstances() {
      for (const page of instances.list()) yield { header: ok, instances: page };
    },

    async *readCatalog(request) {
      const catalogId = { value: catalogs.require(request.catalogId) };
      for (const page of catalogs.read(catalogId.value)) yield { header: ok, catalogId, models: page };
    },
    async *readInstance(request) {
      const instanceId = { value: instances.require(request.instanceId) };
      for (const page of instances.read(instanceId.value)) yield { header: ok, instanceId, models: page };
    },

    async updateCatalog(requests) {
      const update = catalogs.update();
      for await (const { catalogId, modelIds } of requests) update.add(catalogId, modelIds);
      return { header: ok, catalogId: { value: update.apply() } };
    },
    async updateInstance(requests) {
      const update = instances.update();
      for await (const { instanceId, modelIds } of requests) update.add(instanceId, modelIds);
      return { header: ok, instanceId: { value: update.apply() } };
    },
  };
}
