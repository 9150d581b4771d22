import { type ResultTask } from '../../core/results.ts';
import { ClaraError } from '../../core/errors.ts';
import { type Destination } from '../entities/entities.ts';
import { authorizationOf } from '../entities/web-destination.ts';
import { hostProblem, type HostRule } from '../inference/request/host-rule.ts';
import { outputsOfJob } from '../inference/outputs.ts';
import { type Sealing } from '../inference/sealing.ts';
import { type InstanceFate } from '../store/exports.ts';
import { type AdapterStore } from '../store/store.ts';
import { type SealedWebDestination } from '../store/web-destinations.ts';
import { targetsOf, type Targets } from './destinations.ts';
import { sendToAe } from './dimse/send.ts';
import { type FetchedFile } from './fetch.ts';
import { type WebServer } from './stow/request.ts';
import { sendToWeb } from './stow/send.ts';
import { type AdapterSettings } from '../settings/model.ts';

/** A receiver of results, whichever way it is reached. */
export type Target =
  | { readonly kind: 'dicom'; readonly name: string; readonly destination: Destination }
  | { readonly kind: 'web'; readonly name: string; readonly server: WebServer };

/** All destinations; throws where stored credentials cannot be read. */
export function destinationTargets(store: AdapterStore, sealing: Sealing): Target[] {
  return [
    ...store.entities.destinations().map((destination): Target => ({ kind: 'dicom', name: destination.name, destination })),
    ...store.webDestinations.all().map((destination): Target => ({ kind: 'web', name: destination.name, server: serverOf(destination, sealing) })),
  ];
}

export function serverOf({ url, authType, secret, tlsCa }: SealedWebDestination, sealing: Sealing): WebServer {
  return { url, authorization: authorizationOf({ authType, authId: secret === undefined ? '' : sealing.unseal(secret) }), ca: tlsCa === '' ? undefined : tlsCa };
}

/**
 * Where a task goes: to the destinations that it names, of either kind, whoever its exporter is; where it names none, to the
 * outputs of the inference request that its job was created for (dicom-adapter 10), as far as hosts are allowed.
 */
export function targetsOfTask(task: ResultTask, store: AdapterStore, sealing: Sealing, hosts: HostRule): Targets<Target> {
  try {
    const named = targetsOf(task.parameters, destinationTargets(store, sealing));
    if (named.kind === 'targets' || (task.parameters !== null && task.parameters !== '')) return named;
    const outputs = (outputsOfJob(store, sealing, task.jobId) ?? []).filter(({ kind }) => kind === 'dicomweb');
    if (outputs.length === 0) return { kind: 'problem', why: `${named.why}; and its job is of no inference request that says where results go` };
    const refused = outputs.map(({ uri }) => hostProblem(new URL(uri), hosts)).find((problem) => problem !== undefined);
    if (refused !== undefined) return { kind: 'problem', why: refused };
    return { kind: 'targets', targets: outputs.map(({ at, uri, authorization }) => ({ kind: 'web', name: at, server: { url: uri, authorization, ca: undefined } })) };
  } catch (thrown) {
    if (!(thrown instanceof ClaraError)) throw thrown;
    return { kind: 'problem', why: thrown.message };
  }
}

/** Sends files to a target. Never throws: what keeps a file from being stored is its fate. */
export function sendTo(
  target: Target, files: readonly FetchedFile[], { aeTitle, timeouts }: Pick<AdapterSettings['scu'], 'aeTitle' | 'timeouts'>, signal: AbortSignal, onFate?: (fate: InstanceFate) => void,
): Promise<InstanceFate[]> {
  const more = { timeouts, signal, ...(onFate === undefined ? {} : { onFate }) };
  if (target.kind === 'web') return sendToWeb(target.server, files, more);
  return sendToAe(target.destination, files, { callingAe: aeTitle, ...more });
}
