/** One file of a definition, as submitted: path relative to the set, text content. */
export interface DefinitionFile {
  readonly path: string;
  readonly content: string;
}

/** A loaded pipeline: imports expanded, placeholders substituted, names checked. */
export interface Pipeline {
  readonly apiVersion: string;
  readonly name: string;
  readonly description: string;
  readonly orchestrator: 'Clara' | 'Argo' | undefined;
  /** Declared parameters and their defaults, as source text. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Environment for every operator; an operator's own variables win. */
  readonly variables: Readonly<Record<string, string>>;
  readonly pullSecrets: readonly string[];
  /** In the order of the definition. */
  readonly operators: readonly Operator[];
}

export interface Operator {
  readonly name: string;
  readonly description: string;
  readonly container: Container;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  readonly requests: Requests;
  readonly variables: Readonly<Record<string, string>>;
  /** Names of models of the repository that have to be served while it runs, each once. */
  readonly models: readonly string[];
  /** What has to run beside it; names are unique in the operator. */
  readonly services: readonly Service[];
}

/**
 * A server that operators use. Services of one image, tag and command are one, whatever they are called and however
 * many operators of however many jobs name them (Clara guide, Services).
 */
export interface Service {
  readonly name: string;
  readonly description: string;
  readonly container: Container;
  /** Names are unique in the service. */
  readonly connections: readonly Connection[];
  readonly requests: Requests;
  readonly variables: Readonly<Record<string, string>>;
}

/** An HTTP connection: operators get `NAME=host:port` in their environment, unless their own variables say otherwise. */
export interface Connection {
  readonly name: string;
  /** 1024 to 65535; undefined where any will do. */
  readonly port: number | undefined;
}

export interface Container {
  readonly image: string;
  /** `latest` where the definition gives none. */
  readonly tag: string;
  /** Arguments after the image, as with `docker run`; empty means the image's own. */
  readonly command: readonly string[];
}

export interface Input {
  /** The upstream operator, spelled as it is declared; undefined is the payload input. */
  readonly from: string | undefined;
  /** The upstream output's name, spelled as it is declared; empty for the unnamed one. */
  readonly name: string;
  /** Absolute directory inside the container, without a trailing slash; empty where the type is one of memory. */
  readonly path: string;
  /** From api-version 0.5.0 on; undefined is a directory of anything. */
  readonly type?: DataType | undefined;
}

export interface Output {
  /** Empty for the unnamed output. */
  readonly name: string;
  /** As of an input. */
  readonly path: string;
  readonly type?: DataType | undefined;
}

/** What a typed input or output holds (Clara guide, Clara Structures and Primitives). */
export type DataType = StreamType | MemoryType;

/** Files in a directory. */
export interface StreamType {
  readonly kind: 'stream';
  /** The definition's `element-type`: free text, such as `dicom`. */
  readonly format: string;
}

/** An array in shared memory, as all the other types are: a primitive is one of shape [1], a string one of `uint8` and shape [-1]. */
export interface MemoryType {
  readonly kind: 'array' | 'string' | 'primitive';
  readonly element: Primitive;
  /** At least one dimension; -1 is one that the operator sets when it runs. */
  readonly shape: readonly number[];
}

export const primitives = ['uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64'] as const;

export type Primitive = (typeof primitives)[number];

/** What an operator asks for; undefined where the definition does not say. */
export interface Requests {
  /** Logical cores. */
  readonly cpu: number | undefined;
  /** Whole devices. */
  readonly gpu: number | undefined;
  /** Megabytes. */
  readonly memory: number | undefined;
}
