import { type ClaraAeTitle, type Destination, type Source } from '../entities/entities.ts';
import { explicitBigEndian, explicitLittleEndian, implicitLittleEndian } from '../uids/well-known.ts';
import { type TlsFiles } from './tls-files.ts';

/** What an adapter is configured with, whichever generation of files says so. */
export interface AdapterSettings {
  readonly scp: {
    /** Undefined where no file says one. */
    readonly port: number | undefined;
    readonly maximumAssociations: number;
    readonly verification: { readonly enabled: boolean; readonly transferSyntaxes: readonly string[] };
    readonly rejectUnknownSources: boolean;
    /** Undefined: associations are not encrypted. Paths are absolute. */
    readonly tls: TlsFiles | undefined;
    readonly aeTitles: readonly ClaraAeTitle[];
    readonly sources: readonly Source[];
  };
  readonly scu: {
    readonly aeTitle: string;
    readonly maximumAssociations: number;
    readonly export: { readonly maximumRetries: number; /** The pause before each of them. */ readonly retryDelayMs: number; readonly failureThreshold: number; readonly pollFrequencyMs: number; readonly agent: string };
    /** How long a receiver may take: for the connection, for the answer to our request, and for each message. */
    readonly timeouts: { readonly connectMs: number; readonly associateMs: number; readonly responseMs: number };
    readonly destinations: readonly Destination[];
  };
  readonly services: {
    /** `host:port`. */
    readonly platformEndpoint: string | undefined;
    readonly resultsEndpoint: string | undefined;
    readonly parallelUploads: number;
    readonly uploadMetadata: boolean;
    /** Tags whose values become metadata of jobs. */
    readonly metadataTags: readonly number[];
    readonly maxRetries: number;
    readonly retryDelayMs: number;
    /** Hosts that inference requests may be served from, as `host`, `host:port` or `*.domain`; undefined: any. */
    readonly inferenceHosts: readonly string[] | undefined;
  };
  readonly storage: {
    /** As written; undefined: a folder in the adapter's home. */
    readonly temporary: string | undefined;
    readonly watermarkPercent: number;
    readonly reserveBytes: number;
    /** Whether Success waits until the instance is on the disk; without it a power cut may lose what was acknowledged, a crash may not. */
    readonly sync: boolean;
  };
}

/** What holds where no file says anything (dicom-adapter 4.1). */
export const defaultSettings: AdapterSettings = {
  scp: {
    port: undefined, maximumAssociations: 25,
    verification: { enabled: true, transferSyntaxes: [explicitLittleEndian, implicitLittleEndian, explicitBigEndian] },
    rejectUnknownSources: true, tls: undefined, aeTitles: [], sources: [],
  },
  scu: {
    aeTitle: 'ClaraSCU', maximumAssociations: 8,
    export: { maximumRetries: 3, retryDelayMs: 0, failureThreshold: 0.5, pollFrequencyMs: 500, agent: 'DICOMweb' },
    timeouts: { connectMs: 10_000, associateMs: 30_000, responseMs: 120_000 }, destinations: [],
  },
  services: {
    platformEndpoint: undefined, resultsEndpoint: undefined, parallelUploads: 4, uploadMetadata: false, metadataTags: [], maxRetries: 3, retryDelayMs: 180_000, inferenceHosts: undefined,
  },
  storage: { temporary: undefined, watermarkPercent: 85, reserveBytes: 5e9, sync: true },
};
