import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { shellLine } from '../../core/text/shell-word.ts';
import { runTool } from '../../system/run/tool.ts';
import { toolEnvironment } from '../../config/cluster.ts';
import { type Io } from '../../terminal/output/io.ts';
import { type TestPlan } from './plan.ts';

/** Step 11 of a test: the command, then what it prints. */
export async function listOutputs(io: Io, folder: string): Promise<void> {
  await io.line(shellLine(['ls', '-al', folder]));
  const { exitCode, stdout, stderr } = await runTool('ls', ['-al', folder], { environment: toolEnvironment() });
  await io.write(stdout);
  if (exitCode !== 0) throw new ClaraError('failed', `the outputs cannot be listed (${stderr.trim()})`);
}

/**
 * Makes sure that there is something to work on, that no lock of an earlier run lets a stage begin too soon, and that the folders
 * which are mounted belong to this user: a node would make them for root alone.
 */
export async function prepareData(io: Io, { input, output, folders, locks, job, payloads }: TestPlan): Promise<void> {
  try {
    if (!(await stat(input)).isDirectory()) throw new ClaraError('usage', `${input} is no folder`);
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
    const jobs = await readdir(payloads).catch(() => []);
    throw new ClaraError('not-found', `there is no test data for the job ${job}: ${input} does not exist`, {
      ...(jobs.length === 0 ? {} : { details: [`there is data of ${jobs.filter((name) => !name.startsWith('.')).join(', ')}`] }),
      hint: `put the data for the first stage there: ${shellLine(['mkdir', '-p', input])}`,
    });
  }
  for (const lock of locks) {
    try {
      await rm(lock, { force: true });
    } catch (thrown) {
      throw new ClaraError('failed', `a lock of an earlier run cannot be removed (${messageOf(thrown)})`, { hint: `remove it as the user who owns it, which may be root: ${shellLine(['sudo', 'rm', lock])}`, cause: thrown });
    }
  }
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true });
    } catch (thrown) {
      throw new ClaraError('failed', `the folder ${folder} cannot be made (${messageOf(thrown)})`, { cause: thrown });
    }
  }
  const old = await readdir(output).catch(() => []);
  if (old.length > 0) io.note(`${output} holds ${old.length === 1 ? 'a file' : `${old.length} files`} of an earlier run`);
}
