import { readFile } from 'node:fs/promises';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { counted } from '../../core/phrases.ts';
import { type TlsServerOptions } from '../net/tls.ts';
import { findingLine, type Finding, type Generation } from './findings.ts';
import { defaultSettings, type AdapterSettings } from './model.ts';
import { parseSettings } from './parse.ts';
import { readTlsFiles, type TlsPart } from './tls-files.ts';
import { usualSettingsFiles } from './usual-files.ts';

export interface LoadedSettings {
  readonly settings: AdapterSettings;
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined;
  readonly warnings: readonly Finding[];
  /** What `settings.scp.tls` names, read. */
  readonly tls: TlsServerOptions | undefined;
}

/**
 * Reads the settings: the file that the user named, else appsettings.json where there is one, else dicom-server-config.yaml
 * (dicom-adapter 16, 9: the YAML file counts where only it exists). Throws a `usage` error with all findings where one is an error.
 */
export async function loadSettings(claraHome: string, named?: string): Promise<LoadedSettings> {
  const { yaml, json } = usualSettingsFiles(claraHome);
  const found = named === undefined ? (await present(json, 'json')) ?? (await present(yaml, 'yaml')) : await present(named, /\.json$/i.test(named) ? 'json' : 'yaml');
  if (found === undefined) {
    if (named !== undefined) throw new ClaraError('usage', `the settings file ${named} does not exist`);
    return { settings: defaultSettings, file: undefined, warnings: [], tls: undefined };
  }
  const { settings, findings: inText } = parseSettings(found.content, found.file, found.generation);
  const { tls, findings: inFiles } = await tlsOf(settings, found.file);
  const findings = [...inText, ...inFiles].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length > 0) throw new ClaraError('usage', `${found.file} has ${counted(errors.length, 'error')}`, { details: findings.map(findingLine) });
  return { settings, file: found.file, warnings: findings, tls };
}

const tlsKeys: Readonly<Record<TlsPart, string>> = { certificate: 'certificate', key: 'key', clientCa: 'client-ca' };

async function tlsOf({ scp }: AdapterSettings, file: string): Promise<{ readonly tls: TlsServerOptions | undefined; readonly findings: readonly Finding[] }> {
  const named = scp.tls;
  if (named === undefined) return { tls: undefined, findings: [] };
  const { tls, problems } = await readTlsFiles(named);
  return { tls, findings: problems.map(({ part, level, message }) => ({ level, file, line: named[part]?.line, path: `dicom>scp>tls>${tlsKeys[part]}`, message })) };
}

async function present(file: string, generation: Generation): Promise<{ readonly file: string; readonly content: string; readonly generation: Generation } | undefined> {
  try {
    return { file, content: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)), generation };
  } catch (thrown) {
    if (systemCode(thrown) === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new ClaraError('usage', `${file} is no text in UTF-8`, { cause: thrown, hint: 'save it as UTF-8' });
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return undefined;
    throw new ClaraError('usage', `${file} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}
