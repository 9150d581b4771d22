import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf, systemCode } from '../../core/errors.ts';
import { type TlsServerOptions } from '../net/tls.ts';

/** A file that somebody has named. */
export interface NamedFile {
  readonly path: string;
  /** Where in the settings file it is named, from 1 on. */
  readonly line: number | undefined;
}

/** The files for DICOM over TLS; with `clientCa` senders need a certificate of that authority. */
export interface TlsFiles {
  readonly certificate: NamedFile;
  readonly key: NamedFile;
  readonly clientCa: NamedFile | undefined;
}

export type TlsPart = keyof TlsFiles;

/** What is wrong with one of the files; a warning does not keep the adapter from starting. */
export interface TlsProblem {
  readonly part: TlsPart;
  readonly level: 'error' | 'warning';
  readonly message: string;
}

/** Reads the files, whose paths are absolute, and says all that is wrong with them; there are no options where that is an error. */
export async function readTlsFiles({ certificate, key, clientCa }: TlsFiles): Promise<{ readonly tls: TlsServerOptions | undefined; readonly problems: readonly TlsProblem[] }> {
  const problems: TlsProblem[] = [];
  const read = async (part: TlsPart, { path }: NamedFile) => {
    try {
      return await readFile(path, 'utf8');
    } catch (thrown) {
      problems.push({ part, level: 'error', message: systemCode(thrown) === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${messageOf(thrown)})` });
      return undefined;
    }
  };
  const [certificateText, keyText, caText] = [await read('certificate', certificate), await read('key', key), clientCa === undefined ? undefined : await read('clientCa', clientCa)];
  const chain = certificateText === undefined ? undefined : certificateOf('certificate', certificate.path, certificateText, problems);
  if (clientCa !== undefined && caText !== undefined) certificateOf('clientCa', clientCa.path, caText, problems);
  if (keyText !== undefined) checkKey(key.path, keyText, chain, certificate.path, problems);
  const isSound = problems.every(({ level }) => level === 'warning') && certificateText !== undefined && keyText !== undefined;
  return { tls: isSound ? { certificate: certificateText, key: keyText, ...(caText === undefined ? {} : { clientCa: caText }) } : undefined, problems };
}

function certificateOf(part: TlsPart, path: string, text: string, problems: TlsProblem[]): X509Certificate | undefined {
  try {
    const found = new X509Certificate(text);
    if (Date.parse(found.validTo) < Date.now()) problems.push({ part, level: 'warning', message: `${path} has expired (${found.validTo}): peers will refuse it` });
    return found;
  } catch {
    problems.push({ part, level: 'error', message: `${path} is not a certificate in PEM` });
    return undefined;
  }
}

function checkKey(path: string, text: string, certificate: X509Certificate | undefined, certificatePath: string, problems: TlsProblem[]): void {
  const complain = (message: string) => { problems.push({ part: 'key', level: 'error', message }); };
  if (/ENCRYPTED/.test(text)) return complain(`${path} is encrypted, and there is nobody to ask for its password; give one without: openssl pkey -in ${path} -out NEW`);
  try {
    const key = createPrivateKey(text);
    if (certificate !== undefined && !certificate.checkPrivateKey(key)) complain(`${path} is not the key of ${certificatePath}`);
  } catch {
    complain(`${path} is not a private key in PEM`);
  }
}
