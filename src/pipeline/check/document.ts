import { quoted } from '../../core/names.ts';
import { type Mapping } from '../source.ts';
import { firstCurrentVersion, isAtLeast, isBefore, isKnownVersion, isVersionText, newestVersion, oldestVersion, type ApiVersion } from '../versions.ts';
import { add, present, scalarOf, type Subject } from './properties.ts';

/** The `api-version` of a document where it has one that we know; anything else is reported. */
export function checkVersion(mapping: Mapping, of: Subject): ApiVersion | undefined {
  const scalar = scalarOf(mapping, 'api-version', of);
  if (scalar === undefined) return undefined;
  const { text } = scalar;
  if (isKnownVersion(text)) {
    if (isBefore(text, firstCurrentVersion)) {
      add(of, 'deprecated-version', scalar, 'api-version', `api-version ${text} is deprecated`, `${firstCurrentVersion} means the same for this definition`);
    }
    return text;
  }
  // A placeholder was reported where placeholders are.
  if (text.includes('${{')) return undefined;
  if (isVersionText(text)) {
    add(of, 'unknown-version', scalar, 'api-version', `there is no api-version ${text}`, `known are ${oldestVersion} to ${newestVersion}`);
  } else {
    add(of, 'bad-version', scalar, 'api-version', `${quoted(text)} is not an api-version`, /^\d+\.\d+$/.test(text) ? `write ${text}.0` : `write three numbers, for example ${firstCurrentVersion}`);
  }
  return undefined;
}

/** The `api-version` of an operator or service, which may be older than the pipeline's but not newer. The pipeline's is what counts. */
export function checkPartVersion(mapping: Mapping, of: Subject): void {
  const root = of.check.version;
  const version = checkVersion(mapping, of);
  if (version === undefined || root === undefined || version === root || !isAtLeast(version, root)) return;
  const { value } = present(mapping, 'api-version')!;
  const help = value.file === mapping.file ? `leave "api-version" to the pipeline` : `raise the pipeline's api-version to ${version}`;
  add(of, 'operator-version', value, 'api-version', `${of.title} has api-version ${version}, later than the pipeline's ${root}`, help);
}
