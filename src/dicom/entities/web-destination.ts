/** How a DICOMweb server knows us; the words are those of inference requests (dicom-adapter 13). */
export const authTypes = ['None', 'Basic', 'Bearer'] as const;
export type AuthType = (typeof authTypes)[number];

/** Where results go by DICOMweb (STOW-RS). */
export interface WebDestination {
  readonly name: string;
  /** Of its DICOMweb services, such as `https://pacs.example/dicom-web`. */
  readonly url: string;
  readonly authType: AuthType;
  /** PEM: the authority of its certificate; empty: one that everybody knows. */
  readonly tlsCa: string;
}

/** With what lets us in: `user:password` in base64, or a token; empty where nothing is asked for. A secret. */
export interface WebDestinationSecret extends WebDestination {
  readonly authId: string;
}

/** The value of the Authorization header. */
export function authorizationOf({ authType, authId }: Pick<WebDestinationSecret, 'authType' | 'authId'>): string | undefined {
  return authType === 'None' ? undefined : `${authType} ${authId}`;
}

/** All that is wrong, each as a line; empty where nothing is. Secrets are not quoted. */
export function problemsOfWebDestination({ name, url, authType, authId, tlsCa }: WebDestinationSecret): string[] {
  const where = urlProblem(url);
  return [
    ...(name.trim() === '' ? ['A destination needs a name.'] : []),
    ...(where === undefined ? [] : [`Invalid URL specified for ${name}: it ${where}.`]),
    ...(authType === 'None' || /^[\x21-\x7e]+$/.test(authId) ? [] : [`The credentials specified for ${name} cannot be used: they are empty, or have characters that no header may have.`]),
    ...(authType === 'None' && authId !== '' ? [`Credentials are specified for ${name}, and the authType None.`] : []),
    ...(authType === 'Basic' && authId !== '' && !Buffer.from(authId, 'base64').includes(':') ? [`The credentials specified for ${name} are not user:password in base64.`] : []),
    ...(tlsCa === '' || /-----BEGIN CERTIFICATE-----/.test(tlsCa) ? [] : [`The certificate authority specified for ${name} is not in PEM.`]),
  ];
}

/** What is wrong with the URL of a server, as the end of a sentence. */
function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL such as https://pacs.example/dicom-web';
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'begins neither with http:// nor with https://';
  if (username !== '' || password !== '') return 'holds a password; give it apart';
  return search === '' && hash === '' ? undefined : 'has a part behind ? or #';
}
