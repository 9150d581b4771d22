import { ClaraError, messageOf } from '../../../core/errors.ts';

/** What we need of a Chart.yaml (Helm, "The Chart.yaml File"). */
export interface ChartFacts {
  readonly name: string;
  readonly version: string;
}

/** Reads a Chart.yaml; `folder` names the chart in complaints. */
export async function parseChart(content: Buffer, folder: string): Promise<ChartFacts> {
  const { load, CORE_SCHEMA } = await import('js-yaml');
  let parsed: unknown;
  try {
    parsed = load(content.toString('utf8'), { schema: CORE_SCHEMA });
  } catch (thrown) {
    throw new ClaraError('usage', `Chart.yaml of ${folder} is not valid YAML (${messageOf(thrown).split('\n')[0]})`, { cause: thrown });
  }
  const { name, version } = (typeof parsed === 'object' ? parsed ?? {} : {}) as { name?: unknown; version?: unknown };
  if (typeof name === 'string' && (typeof version === 'string' || typeof version === 'number')) return { name, version: String(version) };
  throw new ClaraError('usage', `Chart.yaml of ${folder} has no ${typeof name === 'string' ? 'version' : 'name'}`);
}
