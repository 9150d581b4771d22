import { resolve } from 'node:path';
import { usualFolders, type Problem, type Stage, type StageBuild, type Workflow } from '../project/model.ts';
import { field, kindOf, type Entry, type Value } from './nodes.ts';

/** What values.yaml says, as far as it can be understood, and what cannot. */
export interface ValuesModel {
  /** `workflow.id`: what runs where nothing else is said. */
  readonly defaultWorkflow: string | undefined;
  readonly workflows: readonly Workflow[];
  readonly stages: readonly Stage[];
  readonly problems: readonly Problem[];
}

export interface ReadOptions {
  /** What to call the file. */
  readonly file: string;
  /** The project's root: relative paths of `build` begin there. */
  readonly root: string;
  /** What `${clara}` at the start of a path of `build` stands for: the folder of this installation. */
  readonly packageRoot: string;
}

/** Reads the two tables of values.yaml. Nothing is thrown: what has the wrong shape is left out and reported. */
export function readModel(values: Value, options: ReadOptions): ValuesModel {
  const reader = new Reader(options);
  return {
    defaultWorkflow: textOf(field(field(values, 'workflow'), 'id')),
    workflows: reader.table(values, 'workflows').map((entry) => reader.workflow(entry)).filter((found) => found !== undefined),
    stages: reader.table(values, 'stages').map((entry) => reader.stage(entry)).filter((found) => found !== undefined),
    problems: reader.problems,
  };
}

function textOf(value: Value | undefined): string | undefined {
  return value?.kind === 'text' ? value.text : undefined;
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #options: ReadOptions;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  table(values: Value, key: string): readonly Entry[] {
    const found = field(values, key);
    if (found?.kind === 'mapping') return found.entries;
    if (found === undefined) this.#complain(values, `there is no \`${key}\``, 'warning');
    else this.#complain(found, `\`${key}\` is ${kindOf(found)}, not an object`);
    return [];
  }

  workflow({ key: id, position, value }: Entry): Workflow | undefined {
    const stages = this.#list(value, 'stages', id);
    if (stages === undefined || !this.#only(value, ['stages', 'waitLocks', 'args', 'ioFolders'], id)) return undefined;
    const names = stages.items.map((item) => this.#text(item, id));
    if (names.length === 0) this.#complain(stages, 'a workflow has at least one stage', 'error', id);
    const waitLocks = this.#texts(value, 'waitLocks', id, names.length, 'one for each stage') ?? [];
    const args = (this.#list(value, 'args', id, names.length, 'one for each stage')?.items ?? []).map((item) => this.#arguments(item, id));
    const folders = field(value, 'ioFolders') === undefined ? usualFolders(names)
      : this.#texts(value, 'ioFolders', id, names.length + 1, 'the input of the first stage, then the output of each') ?? [];
    const places = (key: string) => { const list = field(value, key); return list?.kind === 'list' ? list.items.map((item) => item.position) : []; };
    return {
      id, stages: names, waitLocks, args, ioFolders: folders, position,
      entries: { stages: places('stages'), waitLocks: places('waitLocks'), ioFolders: places('ioFolders') },
    };
  }

  stage({ key: name, position, value }: Entry): Stage | undefined {
    if (value.kind !== 'mapping') {
      this.#complain({ position }, `the stage \`${name}\` is ${kindOf(value)}, not an object`);
      return undefined;
    }
    const image = field(value, 'image');
    const mount = field(value, 'mount');
    const text = (parent: Value | undefined, key: string, fallback: string) => {
      const found = field(parent, key);
      return found === undefined ? fallback : this.#text(found);
    };
    const repository = text(image, 'repository', '');
    if (repository === '') this.#complain({ position }, `the stage \`${name}\` has no image.repository`);
    const appDir = text(value, 'appDir', '/app');
    const command = field(value, 'command');
    return {
      name, position,
      image: { repository, tag: text(image, 'tag', 'latest') },
      command: command === undefined ? undefined : this.#arguments(command),
      mount: { in: { name: text(field(mount, 'in'), 'name', 'input') }, out: { name: text(field(mount, 'out'), 'name', 'output') } },
      stageName: text(value, 'stageName', name),
      appDir,
      inputLock: text(value, 'inputLock', `${appDir}/locks/input.lock`),
      inputs: text(value, 'inputs', 'input/input.mhd'),
      logName: text(value, 'logName', `${appDir}/logs/${name}.log`),
      outputs: text(value, 'outputs', 'output/output.mhd'),
      lockDir: text(value, 'lockDir', `${appDir}/locks`),
      lockName: text(value, 'lockName', `${name}.lock`),
      timeout: this.#timeout(field(value, 'timeout')),
      trtis: /^(true|yes|on)$/i.test(textOf(field(value, 'trtis')) ?? ''),
      build: this.#build(name, field(value, 'build')),
    };
  }

  #timeout(value: Value | undefined): string {
    if (value === undefined) return '300';
    if (value.kind !== 'text' || !/^\d+(\.\d+)?$/.test(value.text)) {
      this.#complain(value, '`timeout` is a number of seconds');
      return '300';
    }
    return value.text;
  }

  #build(stage: string, value: Value | undefined): StageBuild | undefined {
    if (value === undefined) return undefined;
    const context = field(value, 'context');
    if (context === undefined) {
      this.#complain(value, `\`build\` of the stage \`${stage}\` has no \`context\`, the folder that is sent to Docker`);
      return undefined;
    }
    const dockerfile = field(value, 'dockerfile');
    const args = field(value, 'args');
    if (args !== undefined && args.kind !== 'mapping') this.#complain(args, `\`build.args\` is ${kindOf(args)}, not an object`);
    const entries = args?.kind === 'mapping' ? args.entries : [];
    return {
      context: this.#path(this.#text(context)),
      dockerfile: dockerfile === undefined ? undefined : this.#path(this.#text(dockerfile)),
      args: new Map(entries.map(({ key, value: given }) => [key, given.kind === 'nothing' ? '' : this.#text(given)])),
    };
  }

  #path(path: string): string {
    const { root, packageRoot } = this.#options;
    return path === '${clara}' || path.startsWith('${clara}/') ? resolve(packageRoot, `.${path.slice('${clara}'.length)}`) : resolve(root, path);
  }

  /** A list of texts, or the empty text for none (Clara Pipeline Generation Guide, values.yaml). */
  #arguments(value: Value, workflow?: string): readonly string[] {
    if (value.kind === 'nothing') return [];
    if (value.kind === 'list') return value.items.map((item) => this.#text(item, workflow));
    if (value.kind === 'text' && value.text === '') return [];
    this.#complain(value, value.kind === 'text' ? `arguments are a list: ["${value.text.split(/\s+/).join('", "')}"]` : 'arguments are a list of texts', 'error', workflow);
    return [];
  }

  #text(value: Value, workflow?: string): string {
    if (value.kind === 'text') {
      if (value.other !== undefined) this.#complain(value, `${value.text} is read as a ${value.other}; write "${value.text}"`, 'warning', workflow);
      return value.text;
    }
    if (value.kind !== 'nothing') this.#complain(value, `this is ${kindOf(value)}, not a text`, 'error', workflow);
    return '';
  }

  #texts(workflow: Value, key: string, id: string, wanted: number, meaning: string): readonly string[] | undefined {
    return this.#list(workflow, key, id, wanted, meaning)?.items.map((item) => this.#text(item, id));
  }

  #list(parent: Value, key: string, id: string, wanted?: number, meaning = ''): Extract<Value, { kind: 'list' }> | undefined {
    const found = field(parent, key);
    if (found?.kind !== 'list') {
      this.#complain(found ?? parent, found === undefined ? `the workflow \`${id}\` has no \`${key}\`` : `\`${key}\` is ${kindOf(found)}, not a list`, 'error', id);
      return undefined;
    }
    if (wanted !== undefined && found.items.length !== wanted) {
      this.#complain(found, `\`${key}\` of the workflow \`${id}\` has ${count(found.items.length)}, not ${wanted}: ${meaning}`, 'error', id);
    }
    return found;
  }

  #only(value: Value, keys: readonly string[], id: string): boolean {
    if (value.kind !== 'mapping') return false;
    for (const { key, position } of value.entries) if (!keys.includes(key)) this.#complain({ position }, `\`${key}\` is nothing that a workflow has (${keys.join(', ')})`, 'warning', id);
    return true;
  }

  #complain({ position }: Pick<Value, 'position'>, message: string, severity: Problem['severity'] = 'error', workflow?: string): void {
    this.problems.push({ severity, message, file: this.#options.file, at: position, ...(workflow === undefined ? {} : { workflow }) });
  }
}

function count(entries: number): string {
  return entries === 1 ? '1 entry' : `${entries} entries`;
}
