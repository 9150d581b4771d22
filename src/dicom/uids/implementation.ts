import { version } from '../../core/version.ts';

/**
 * Identifies this implementation in associations (PS3.7 D.3.3.2) and in files (PS3.10 7.1): the UUID
 * ebb89cac-0f5e-409c-8c0c-7ca6bdb07d8a as a UID (PS3.5 B.2), which needs no registered root.
 */
export const implementationClassUid = '2.25.313327139319323979823698980601114688906';

/** At most 16 characters (PS3.7 D.3.3.2.3). */
export const implementationVersionName = `CLARA_${version}`.slice(0, 16);
