/** The line that a starting DICOM adapter writes to the file descriptor named by CLARA_READY_FD, and keeps as `server.json` in its home. */
export interface AdapterReady {
  readonly pid: number;
  /** `host:port` of DICOM. */
  readonly dicom: string;
  /** `host:port` of the REST API. */
  readonly rest: string;
  /** `host:port` of the platform that jobs go to. */
  readonly platform: string;
  /** The settings file that was read. */
  readonly settings?: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The ready message in a text, or undefined where the text is something else. */
export function parseAdapterReady(text: string): AdapterReady | undefined {
  try {
    const message = JSON.parse(text) as Partial<AdapterReady> | null;
    const complete = typeof message?.pid === 'number' && typeof message.dicom === 'string' && typeof message.rest === 'string' && typeof message.platform === 'string'
      && (message.settings === undefined || typeof message.settings === 'string') && typeof message.version === 'string' && typeof message.startedAt === 'number';
    return complete ? (message as AdapterReady) : undefined;
  } catch {
    return undefined;
  }
}

/** The documented ports of the adapter. */
export const adapterPorts = { dicom: 104, rest: 5000 } as const;

/** What an adapter can be started with; what is left out is in its settings file, or the default. Paths are absolute. */
export interface AdapterStartSettings {
  /** `host:port` of the platform. */
  readonly platform?: string;
  readonly file?: string;
  readonly listen?: string;
  readonly port?: number;
  readonly restListen?: string;
  readonly restPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  /** Whether the log tells of every instance. */
  readonly verbose?: boolean;
}

const flags: Readonly<Record<keyof AdapterStartSettings, string>> = {
  platform: '--platform', file: '--file', listen: '--listen', port: '--port', restListen: '--rest-listen', restPort: '--rest-port',
  tlsCert: '--tls-cert', tlsKey: '--tls-key', tlsClientCa: '--tls-client-ca', verbose: '--verbose',
};

/** The command line of the adapter program. */
export function adapterArguments(home: string, settings: AdapterStartSettings): string[] {
  return ['--home', home, ...Object.entries(flags).flatMap(([key, flag]) => {
    const value = settings[key as keyof AdapterStartSettings];
    if (value === undefined || value === false) return [];
    return value === true ? [flag] : [flag, String(value)];
  })];
}
