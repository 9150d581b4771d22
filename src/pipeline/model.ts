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
  readonly models: readonly string[];
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
  /** Absolute directory inside the container, without a trailing slash. */
  readonly path: string;
}

export interface Output {
  /** Empty for the unnamed output. */
  readonly name: string;
  readonly path: string;
}

/** What an operator asks for; undefined where the definition does not say. */
export interface Requests {
  /** Logical cores. */
  readonly cpu: number | undefined;
  /** Whole devices. */
  readonly gpu: number | undefined;
  /** Megabytes. */
  readonly memory: number | undefined;
}
