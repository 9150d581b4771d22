import { typeNames } from './types.ts';
import { apiVersions } from './versions.ts';

/** A JSON Schema (draft 7), as far as it is written here. */
export type Schema = Readonly<Record<string, unknown>>;

const placeholder = '\\$\\{\\{';
/** What YAML readers of editors make of a value that is text to us. */
const scalars = ['string', 'number', 'boolean', 'null'];

function text(description: string, more: Schema = {}): Schema {
  return { type: scalars, description, ...more };
}

/** One of these words, as it is written, or a placeholder for one. */
function word(description: string, words: readonly string[]): Schema {
  return { description, anyOf: [{ enum: [...words, null] }, { type: 'string', pattern: `^$|${placeholder}` }] };
}

function object(description: string, properties: Readonly<Record<string, Schema>>, more: Schema = {}): Schema {
  // Unknown properties are warnings, which do not make a definition invalid: editors show this as one.
  return { type: ['object', 'null'], description, properties, additionalProperties: { deprecationMessage: 'There is no such property here; it is ignored.' }, ...more };
}

function texts(description: string): Schema {
  return { type: ['object', 'null'], description, additionalProperties: { type: scalars } };
}

function list(description: string, items: Schema, more: Schema = {}): Schema {
  return { type: ['array', 'null'], description, items, ...more };
}

function ref(name: string): Schema {
  return { $ref: `#/definitions/${name}` };
}

/** A whole number in YAML, in quotes, or a placeholder. */
function whole(description: string, minimum: number, maximum: number): Schema {
  return { type: ['integer', 'string', 'null'], description, minimum, maximum, pattern: `^[0-9]+$|${placeholder}` };
}

const name = (description: string): Schema => text(description, { pattern: `^[A-Za-z0-9_-]{0,255}$|${placeholder}` });
const version = (description: string): Schema => ({ description, enum: [...apiVersions, null] });

const common = { 'api-version': version('Not later than the pipeline\'s, which counts.'), description: text('Text for people.') };
const imports = {
  import: object('The file that this stands for.', { path: text('The file, relative to this one.'), args: texts('Values for the parameters that the file declares.') }),
  path: text('The file that this stands for, relative to this one (without "import").'),
  args: texts('Values for the parameters that the file declares (without "import").'),
};
/** What a part needs where it does not stand for a file. */
const ownOrImported = {
  if: { anyOf: [{ required: ['import'] }, { required: ['path'] }, { required: ['args'] }] },
  else: { required: ['name', 'container'] },
};

const typed = {
  type: word('From api-version 0.5.0 on: what passes here.', typeNames),
  'element-type': text('Of a stream any text, of an array a primitive such as float32.'),
  shape: list('Dimensions of an array; -1 is one that is set at run time.', { type: ['integer', 'string'] }, { maxItems: 16 }),
  format: text('Means nothing.'),
  path: text('Absolute directory inside the container.', { pattern: `^/|^$|${placeholder}` }),
};

const definitions: Readonly<Record<string, Schema>> = {
  container: object('The program.', {
    image: text('Name of the image, without a tag; "host" runs the command on the machine of the platform.'),
    tag: text('Tag of the image; latest when left out.'),
    command: list('Arguments, as after the image in docker run.', { type: scalars }),
  }, { required: ['image'] }),
  requests: object('What has to be free before it starts.', {
    cpu: whole('Whole cores.', 0, 999_999_999), gpu: whole('Whole devices.', 0, 999_999_999), memory: whole('Megabytes.', 0, 999_999_999),
  }),
  service: object('A server that operators call; deprecated.', {
    ...imports, ...common, name: name('Different from the operator\'s other services.'), container: ref('container'), requests: ref('requests'),
    variables: texts('Environment of the service.'),
    connections: object('How operators reach it.', {
      http: list('Each becomes a variable of the operator: NAME=host:port.', object('A connection.', { name: text('Name of the variable.'), port: whole('Port that the service listens on.', 1024, 65_535) }, { required: ['name'] })),
    }),
  }, ownOrImported),
  operator: object('A program of the pipeline.', {
    ...imports, ...common, name: name('Different from all others of the pipeline.'), container: ref('container'), requests: ref('requests'),
    input: list('What it reads.', object('An input.', { from: text('Operator whose output it is; without it, the upload of the job.'), name: name('Name of the output; a label where there is no "from".'), ...typed })),
    output: list('What it writes.', object('An output.', { name: name('Needed where there are several.'), ...typed })),
    variables: texts('Environment of the operator.'),
    parameters: texts('Placeholders of this operator and their defaults.'),
    models: list('Models of the repository that have to be served.', object('A model.', { name: text('Name of the model.') }, { required: ['name'] })),
    services: list('Servers that it calls; deprecated.', ref('service')),
  }, ownOrImported),
};

/** The JSON Schema of a pipeline definition's main file, for editors. It refuses no definition that loads. */
export function definitionSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Clara pipeline definition',
    ...object('A pipeline: operators and how data flows between them.', {
      'api-version': version('Version of the language.'),
      name: name('Name of the pipeline.'),
      description: text('Text for people.'),
      orchestrator: { description: 'Clara, or Argo (deprecated).', anyOf: [{ enum: ['Clara', 'Argo', null] }, { type: 'string', pattern: `^([Cc][Ll][Aa][Rr][Aa]|[Aa][Rr][Gg][Oo])?$|${placeholder}` }] },
      parameters: texts('Placeholders, used as ${{ NAME }}, and their defaults.'),
      operators: list('At least one; their order means nothing.', ref('operator'), { type: 'array', minItems: 1, maxItems: 1000 }),
      variables: texts('Environment of every operator.'),
      'pull-secrets': list('Names of secrets with which a cluster pulls images.', { type: scalars }),
    }, { type: 'object', required: ['api-version', 'name', 'operators'] }),
    definitions,
  };
}
