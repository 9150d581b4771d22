import { checkNgcKey, readNgcAccess } from '../../../config/ngc.ts';
import { claraHome, ngcKeyFromEnvironment } from '../../../config/settings.ts';
import { ClaraError } from '../../../core/errors.ts';
import { isNotFound } from '../../../tools/kubectl/kubectl.ts';
import { registrySecret } from '../../../tools/kubectl/objects.ts';
import { toolFailure } from '../../../tools/tool-failure.ts';
import { type Io } from '../../../terminal/output/io.ts';
import { askSecret } from '../../../terminal/output/prompt.ts';
import { secretName } from '../plan.ts';
import { type Tools } from '../tools.ts';

const registry = 'nvcr.io';

/** Steps 1 to 3 of a test: makes the secret that the registry asks for, unless it is there. */
export async function ensureSecret(tools: Tools): Promise<void> {
  const found = await findSecret(tools);
  if (found === undefined) return;
  tools.io.note(found);
  const stored = ngcKeyFromEnvironment() === undefined ? await readNgcAccess(claraHome()) : undefined;
  if (stored !== undefined) tools.io.note('using the NGC key that `clara config` stored');
  await tools.io.line(await createSecret(tools, stored?.key ?? await obtainKey(tools.io, tools.signal, false)));
}

/** Makes the secret, or gives it another key. */
export async function resetSecret(tools: Tools, fromInput: boolean): Promise<void> {
  const key = await obtainKey(tools.io, tools.signal, fromInput);
  const manifest = registrySecret(secretName, registry, key);
  const there = await findSecret(tools) === undefined;
  await tools.io.line(there ? await tools.kubectl.replace(`cannot replace the secret ${secretName}`, manifest) : await createSecret(tools, key));
}

/** What kubectl says where it is missing; undefined where it is there. */
async function findSecret({ kubectl }: Tools): Promise<string | undefined> {
  const result = await kubectl.get({ kinds: 'secret', names: [secretName], output: 'name' });
  if (result.exitCode === 0) return undefined;
  if (!isNotFound(result)) throw toolFailure('kubectl', `cannot tell whether the secret ${secretName} is there`, result);
  return result.stderr.trim().split('\n').find((line) => /NotFound/.test(line));
}

function createSecret({ kubectl }: Tools, key: string): Promise<string> {
  return kubectl.create(`cannot make the secret ${secretName}`, registrySecret(secretName, registry, key));
}

/** NGC_API_KEY, standard input where that is asked for or is no terminal, or what the user types. */
async function obtainKey(io: Io, signal: AbortSignal, fromInput: boolean): Promise<string> {
  const given = fromInput ? undefined : ngcKeyFromEnvironment();
  const key = given ?? (fromInput ? (await io.readInput(64 * 1024)).toString('utf8').trim() : await ask(io, signal));
  checkNgcKey(key);
  return key;
}

async function ask(io: Io, signal: AbortSignal): Promise<string> {
  io.note('Get NGC API key from https://ngc.nvidia.com/configuration/api-key');
  return askSecret(io, 'Then, enter the NGC API key:', 'it with NGC_API_KEY, or `clara-wf setkey --key -` with the key on standard input', signal);
}

export function refuseKeyArgument(flag: string | undefined): void {
  if (flag !== undefined && flag !== '-') {
    throw new ClaraError('usage', '--key takes `-` only: a key among the arguments could be read by others', { hint: 'give it on standard input, or as NGC_API_KEY' });
  }
}
