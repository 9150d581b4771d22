import { text } from '../../../terminal/program/options.ts';

/** Flags for a DICOMweb server that does not let everybody in. Secrets come in files, never on the command line. */
export const credentialFlags = {
  tokenFile: text('--token-file <file>', 'file with the token of a DICOMweb server', { complete: 'file' }),
  user: text('--user <name>', 'user of a DICOMweb server; goes with --password-file', { complete: 'none' }),
  passwordFile: text('--password-file <file>', 'file with the password of that user', { complete: 'file' }),
  tlsCa: text('--tls-ca <file>', 'authority of its certificate (PEM), where the system does not know it', { complete: 'file' }),
};

export interface CredentialFlags {
  readonly tokenFile: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  readonly tlsCa: string | undefined;
}
