/** The api-versions there are, oldest first, and what begins with which (Clara guide, Operators, Operator). */
export const apiVersions = ['0.2.0', '0.3.0', '0.4.0', '0.5.0', '0.6.0', '0.7.0'] as const;

export type ApiVersion = (typeof apiVersions)[number];

export const oldestVersion: ApiVersion = apiVersions[0];
export const newestVersion: ApiVersion = apiVersions.at(-1)!;
/** Definitions below it are deprecated since release 0.5.0 and run by Argo in the original. */
export const firstCurrentVersion: ApiVersion = '0.4.0';
/** Inputs and outputs carry types from here on, and only the Clara orchestrator runs them. */
export const firstTypedVersion: ApiVersion = '0.5.0';
/** `models` on an operator. */
export const firstModelsVersion: ApiVersion = '0.6.0';

/** Whether the text is one of the api-versions, exactly as they are written. */
export function isKnownVersion(text: string): text is ApiVersion {
  return (apiVersions as readonly string[]).includes(text);
}

/** Whether the text has the form of an api-version, `major.minor.patch`. */
export function isVersionText(text: string): boolean {
  return /^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(text);
}

/** Whether `version` is before `other`; false where the version is not known, so that one wrong version is one finding. */
export function isBefore(version: ApiVersion | undefined, other: ApiVersion): boolean {
  return version !== undefined && apiVersions.indexOf(version) < apiVersions.indexOf(other);
}

/** Whether `version` is `other` or later; false where the version is not known. */
export function isAtLeast(version: ApiVersion | undefined, other: ApiVersion): boolean {
  return version !== undefined && !isBefore(version, other);
}
