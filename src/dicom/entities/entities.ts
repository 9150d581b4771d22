import { isUid } from '../uids/well-known.ts';
import { aeTitleProblem, hostProblem, portProblem } from './ae-title.ts';
import { defaultProcessor, isKnownProcessor, parseProcessor } from './processor.ts';

/** A called AE title and what happens to what it receives (Clara guide, DICOM Adapter, AE titles). */
export interface ClaraAeTitle {
  readonly name: string;
  readonly aeTitle: string;
  readonly overwriteSameInstance: boolean;
  readonly ignoredSopClasses: readonly string[];
  readonly processor: string;
  readonly processorSettings: Readonly<Record<string, string>>;
  /** The time-out counts as written, and 0 is the end of the association: so it is in dicom-server-config.yaml. */
  readonly exactTimeout: boolean;
}

/** Who may send. */
export interface Source {
  readonly aeTitle: string;
  readonly hostIp: string;
}

/** Where results go. */
export interface Destination {
  readonly name: string;
  readonly aeTitle: string;
  readonly hostIp: string;
  readonly port: number;
}

/** An AE title with what is left out filled in. */
export function claraAeTitle(given: { readonly aeTitle: string } & Partial<ClaraAeTitle>): ClaraAeTitle {
  return {
    overwriteSameInstance: false, ignoredSopClasses: [], processorSettings: {}, exactTimeout: false, ...given,
    name: given.name === undefined || given.name.trim() === '' ? given.aeTitle : given.name,
    processor: given.processor === undefined || given.processor.trim() === '' ? defaultProcessor : given.processor,
  };
}

/** All that is wrong, each as a line; empty where nothing is. */
export function problemsOfAeTitle(entity: ClaraAeTitle): string[] {
  const title = aeTitleProblem(entity.aeTitle);
  const parsed = parseProcessor(entity.processorSettings, entity.aeTitle, entity.exactTimeout);
  return [
    ...(title === undefined ? [] : [`'${entity.aeTitle}' is not a valid AE Title: it ${title}.`]),
    ...entity.ignoredSopClasses.filter((uid) => !isUid(uid)).map((uid) => `'${uid}' in ignoredSopClasses is not a UID.`),
    ...(isKnownProcessor(entity.processor) ? [] : [`'${entity.processor}' is not a job processor; leave it out, or name ${defaultProcessor}.`]),
    ...(parsed.kind === 'problems' ? parsed.problems : []),
  ];
}

export function problemsOfSource({ aeTitle, hostIp }: Source): string[] {
  const [title, host] = [aeTitleProblem(aeTitle), hostProblem(hostIp)];
  return [
    ...(title === undefined ? [] : [`'${aeTitle}' is not a valid AE Title (source: ${aeTitle}): it ${title}.`]),
    ...(host === undefined ? [] : [`Invalid host name/IP address '${hostIp}' specified for ${aeTitle}.`]),
  ];
}

export function problemsOfDestination({ name, aeTitle, hostIp, port }: Destination): string[] {
  const [title, host, number] = [aeTitleProblem(aeTitle), hostProblem(hostIp), portProblem(port)];
  return [
    ...(name.trim() === '' ? ['A destination needs a name.'] : []),
    ...(title === undefined ? [] : [`'${aeTitle}' is not a valid AE Title (source: ${name}): it ${title}.`]),
    ...(host === undefined ? [] : [`Invalid host name/IP address '${hostIp}' specified for ${name}.`]),
    ...(number === undefined ? [] : [`Invalid port number '${port}' specified for ${name}.`]),
  ];
}
