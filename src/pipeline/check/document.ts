import { quoted } from '../../core/names.ts';
import { type Mapping } from '../source.ts';
import { firstCurrentVersion, isBefore, isKnownVersion, isVersionText, newestVersion, oldestVersion, type ApiVersion } from '../versions.ts';
import { add, scalarOf, type Subject } from './properties.ts';

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
