import { type ProgramResult } from '../../system/run-program.ts';
import { questionMs, Tool, type ToolSurroundings } from '../tool.ts';
import { toolFailure } from '../tool-failure.ts';
import { type ChartRelease, type ClusterPlace, installArguments, lintArguments, pullArguments, type RemoteChart, statusArguments, templateArguments, uninstallArguments } from './arguments.ts';
import { helmPullFailure } from './pull-failure.ts';
import { checkHelmVersion, helmHint } from './version.ts';

/** What the cluster knows of a release; `status` is Helm's word: `deployed`, `failed`, `pending-install`… */
export type ReleaseState = { readonly kind: 'absent' } | { readonly kind: 'present'; readonly status: string };

/** Reads the answer to `helm status NAME --output json`. */
export function releaseState(release: string, result: ProgramResult): ReleaseState {
  if (result.exitCode === 0) return { kind: 'present', status: (JSON.parse(result.stdout) as { info: { status: string } }).info.status };
  if (/release: not found/.test(result.stderr)) return { kind: 'absent' };
  throw toolFailure('helm', `cannot tell whether the release ${release} is there`, result);
}

/** How an install ended; where the name is taken, the release is somebody else's. */
export type InstallResult = { readonly kind: 'installed'; readonly report: string } | { readonly kind: 'name-in-use' };

/** Calls the helm program. */
export class Helm {
  readonly #tool: Tool;
  #version: Promise<string> | undefined;

  constructor(surroundings: ToolSurroundings) {
    this.#tool = new Tool({ program: 'helm', hint: helmHint }, surroundings);
  }

  /** Which it is; asked once. Fails with `missing-program` where it is missing or too old. */
  version(): Promise<string> {
    // Helm 2 looks for its server in the cluster, which may take long; its own version is printed first.
    return (this.#version ??= this.#tool.run(['version', '--short'], { timeoutMs: 15_000 }).then(checkHelmVersion));
  }

  async state(release: string, at: ClusterPlace): Promise<ReleaseState> {
    return releaseState(release, await this.#tool.run(statusArguments(release, at), { timeoutMs: questionMs }));
  }

  /** Installs, and waits until what is not a Job is ready. Stopped by the signal, or where it fails, the release may be there. */
  async install(release: ChartRelease, at: ClusterPlace, timeoutMs: number, signal?: AbortSignal): Promise<InstallResult> {
    const args = installArguments(release, at, Math.ceil(timeoutMs / 1000));
    const result = await this.#tool.run(args, { timeoutMs: timeoutMs + questionMs, signal });
    if (result.exitCode === 0) return { kind: 'installed', report: result.stdout };
    if (/cannot re-use a name that is still in use/.test(result.stderr)) return { kind: 'name-in-use' };
    throw toolFailure('helm', `cannot install the chart ${release.chart}`, result);
  }

  /** The manifest that an install would send. */
  template(release: ChartRelease, namespace: string): Promise<string> {
    return this.#tool.expect(`cannot render the chart ${release.chart}`, templateArguments(release, namespace), { timeoutMs: questionMs });
  }

  /** Helm's own word about it; undefined where there was no such release. */
  async uninstall(release: string, at: ClusterPlace, signal?: AbortSignal): Promise<string | undefined> {
    const result = await this.#tool.run(uninstallArguments(release, at), { timeoutMs: questionMs, signal });
    if (result.exitCode === 0) return result.stdout.trimEnd();
    if (/release: not found/.test(result.stderr)) return undefined;
    throw toolFailure('helm', `cannot uninstall the release ${release}`, result);
  }

  /** Gets a chart and unpacks it into a folder. */
  async pull(chart: RemoteChart, into: string): Promise<void> {
    // It may be large and the line slow.
    const result = await this.#tool.run(pullArguments(chart, into), { timeoutMs: 10 * 60_000 });
    if (result.exitCode !== 0) throw helmPullFailure(chart.reference, result.stderr);
  }

  /** What helm finds wrong with a chart; undefined where nothing is. */
  async lint(release: ChartRelease): Promise<string | undefined> {
    const { exitCode, stdout, stderr } = await this.#tool.run(lintArguments(release), { timeoutMs: questionMs });
    return exitCode === 0 ? undefined : `${stdout}\n${stderr}`.trim();
  }
}
