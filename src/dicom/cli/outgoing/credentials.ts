import { readFile } from 'node:fs/promises';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { visible } from '../../../core/names.ts';
import { type AuthType } from '../../entities/web-destination.ts';
import { type CredentialFlags } from './credential-flags.ts';

export interface Credentials {
  readonly authType: AuthType;
  /** Empty with None. A secret. */
  readonly authId: string;
  /** PEM; empty: none. */
  readonly tlsCa: string;
}

/** What the flags say, with what is in their files. */
export async function credentialsOf({ tokenFile, user, passwordFile, tlsCa }: CredentialFlags): Promise<Credentials> {
  if (tokenFile !== undefined && user !== undefined) throw new ClaraError('usage', '--token-file and --user cannot be used together');
  if ((user === undefined) !== (passwordFile === undefined)) throw new ClaraError('usage', user === undefined ? '--password-file needs --user' : '--user needs --password-file');
  if (user?.includes(':') === true) throw new ClaraError('usage', `--user: \`${visible(user)}\` has a colon, which ends the name (RFC 7617)`);
  const ca = tlsCa === undefined ? '' : await contentOf(tlsCa, '--tls-ca');
  if (tokenFile !== undefined) return { authType: 'Bearer', authId: (await contentOf(tokenFile, '--token-file')).trim(), tlsCa: ca };
  if (user === undefined) return { authType: 'None', authId: '', tlsCa: ca };
  // The end of the line is that of the file, not of the password.
  const password = (await contentOf(passwordFile!, '--password-file')).replace(/\r?\n$/, '');
  return { authType: 'Basic', authId: Buffer.from(`${user}:${password}`).toString('base64'), tlsCa: ca };
}

async function contentOf(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new ClaraError('usage', `${flag}: ${visible(path)} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}
