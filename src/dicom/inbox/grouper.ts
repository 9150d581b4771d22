import { newId } from '../../core/ids.ts';
import { messageOf } from '../../core/errors.ts';
import { type Logger } from '../../system/log.ts';
import { parseProcessor, type ProcessorRules } from '../entities/processor.ts';
import { type Group } from '../store/inbox.ts';
import { type AdapterStore } from '../store/store.ts';
import { jobName } from './job-name.ts';

export interface GrouperOptions {
  readonly store: AdapterStore;
  readonly log: Logger;
  /** There are new submissions. */
  readonly onClosed: () => void;
  /** Milliseconds on a clock that never jumps. */
  readonly clock?: () => number;
}

interface Watched {
  readonly group: Group;
  readonly key: string;
  /** 0: until its association ends. */
  readonly quietMs: number;
  /** On the clock. */
  quietSince: number;
}

/** What an open group waits for. */
export interface GroupWait {
  /** Instances of it that are arriving: it stays open for so long. */
  readonly arriving: number;
  /** Where nothing more comes; undefined: it closes with its association. */
  readonly closesInMs: number | undefined;
}

/** After a failure to write, in ms. */
const againMs = 1000;

/**
 * Watches the open groups and closes those that have been quiet for long enough: then they become one submission for each
 * pipeline. A group is not quiet while an instance of it is arriving. After a restart their time begins anew.
 */
export class Grouper {
  readonly #options: GrouperOptions;
  readonly #clock: () => number;
  readonly #watched = new Map<number, Watched>();
  readonly #arriving = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires, on the clock. */
  #wakesAt = Infinity;
  #isClosed = false;

  constructor(options: GrouperOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** Goes on with the groups of an earlier run; their associations are over. */
  resume(): void {
    for (const group of this.#options.store.inbox.openGroups()) {
      if (group.rules.quietMs === 0) this.#close(group, 'the adapter was restarted');
      else this.#watched.set(group.id, this.#watch(group));
    }
    this.#schedule();
  }

  /** When the open groups close, by their ids. */
  waiting(): ReadonlyMap<number, GroupWait> {
    const now = this.#clock();
    return new Map([...this.#watched.values()].map(({ group, key, quietMs, quietSince }) => [group.id, {
      arriving: this.#arriving.get(key) ?? 0,
      closesInMs: quietMs === 0 ? undefined : Math.max(0, Math.ceil(quietSince + quietMs - now)),
    }]));
  }

  /** An instance of this group has been stored. */
  touch(groupId: number): void {
    let watched = this.#watched.get(groupId);
    if (watched !== undefined) watched.quietSince = this.#clock();
    else {
      const group = this.#options.store.inbox.group(groupId);
      if (group === undefined) return;
      watched = this.#watch(group);
      this.#watched.set(groupId, watched);
    }
    this.#wakeAt(this.#dueAt(watched));
  }

  /** An instance of a group is arriving; call the result when it is stored or lost. */
  arriving(aeTitle: string, groupKey: string): () => void {
    const key = keyOf(aeTitle, groupKey);
    this.#arriving.set(key, (this.#arriving.get(key) ?? 0) + 1);
    return () => {
      const left = this.#arriving.get(key)! - 1;
      if (left > 0) return void this.#arriving.set(key, left);
      this.#arriving.delete(key);
      for (const watched of this.#watched.values()) if (watched.key === key) this.#wakeAt(this.#dueAt(watched));
    };
  }

  /** The association whose instances are a group of their own is over. */
  ended(aeTitle: string, groupKey: string): void {
    for (const { group } of [...this.#watched.values()]) {
      if (group.aeTitle === aeTitle && group.groupKey === groupKey) this.#close(group, 'the association ended');
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** A changed time-out counts at once; what began as the group of an association stays one, and the other way round. */
  #watch(group: Group): Watched {
    const quietMs = group.rules.quietMs === 0 ? 0 : this.#rulesOf(group).quietMs || group.rules.quietMs;
    return { group, key: keyOf(group.aeTitle, group.groupKey), quietMs, quietSince: this.#clock() };
  }

  #schedule(): void {
    for (const watched of this.#watched.values()) this.#wakeAt(this.#dueAt(watched));
  }

  /** Looks at the groups then, or earlier: what is due later by now is seen to be so. Every instance asks for it. */
  #wakeAt(due: number): void {
    if (this.#isClosed || due >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = due;
    this.#timer = setTimeout(() => this.#closeQuiet(), Math.min(Math.max(0, due - this.#clock()) + 1, 2 ** 31 - 1));
  }

  #dueAt({ key, quietMs, quietSince }: Watched): number {
    return quietMs === 0 || this.#arriving.has(key) ? Infinity : quietSince + quietMs;
  }

  #closeQuiet(): void {
    this.#wakesAt = Infinity;
    const now = this.#clock();
    for (const watched of [...this.#watched.values()]) {
      if (this.#dueAt(watched) <= now) this.#close(watched.group, `nothing more came for ${watched.quietMs / 1000} s`);
    }
    this.#schedule();
  }

  #close(group: Group, why: string): void {
    const { store, log, onClosed } = this.#options;
    try {
      const rules = this.#rulesOf(group);
      const now = new Date();
      store.db.transaction(() => {
        if (!store.inbox.openGroups().some(({ id }) => id === group.id)) return;
        for (const { name, pipelineId } of rules.pipelines) {
          store.submissions.add({
            id: newId(), groupId: group.id, pipelineName: name, pipelineId, jobName: jobName(group.aeTitle, name, now), source: `${group.aeTitle} (AE Title Job Processor)`,
            priority: rules.priority, retryDelayMs: rules.retryDelayMs,
          }, now.getTime());
        }
        store.inbox.close(group.id, { why, rules }, now.getTime());
      });
      this.#watched.delete(group.id);
      log.info({ group: group.id, aeTitle: group.aeTitle, instances: store.inbox.count(group.id), pipelines: rules.pipelines.map(({ name }) => name), why }, 'a group is complete');
      onClosed();
    } catch (thrown) {
      log.error({ err: thrown, group: group.id }, `a group could not be closed and is tried again: ${messageOf(thrown)}`);
      this.#watched.set(group.id, { ...this.#watch(group), quietMs: againMs });
      this.#schedule();
    }
  }

  /** Those of today; those of its opening where its AE title is gone. */
  #rulesOf({ aeTitle, rules }: Group): ProcessorRules {
    const entity = this.#options.store.entities.called(aeTitle);
    const parsed = entity === undefined ? undefined : parseProcessor(entity.processorSettings, aeTitle, entity.exactTimeout);
    return parsed?.kind === 'rules' ? parsed.rules : rules;
  }
}

function keyOf(aeTitle: string, groupKey: string): string {
  return JSON.stringify([aeTitle, groupKey]);
}
