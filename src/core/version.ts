declare const __CLARA_VERSION__: string | undefined;
declare const __CLARA_BUILD__: string | undefined;
declare const __CLARA_COMMIT__: string | undefined;

/** What this program was built from; the bundler fills it in, sources that run unbuilt are version 0.0.0. */
export const version = typeof __CLARA_VERSION__ === 'string' ? __CLARA_VERSION__ : '0.0.0';
export const build = typeof __CLARA_BUILD__ === 'string' ? __CLARA_BUILD__ : '0';
export const commit = typeof __CLARA_COMMIT__ === 'string' ? __CLARA_COMMIT__ : 'source';

/** `<major.minor.patch>-<build number>.<short commit>`, as `clara version` prints it. */
export const fullVersion = `${version}-${build}.${commit}`;
