import { type ProcessorRules } from '../entities/processor.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** An instance that is on the disk and belongs to nothing yet. */
export interface NewInstance {
  readonly aeTitle: string;
  readonly groupKey: string;
  /** Of the file in the payload. */
  readonly name: string;
  /** Below the folder of instances. */
  readonly file: string;
  readonly bytes: number;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly callingAe: string;
  readonly callingHost: string;
  /** Its number in this run of the adapter. */
  readonly association: number;
}

/** How an instance was taken in: `replaced` names the file that is not wanted any more. */
export type Taken =
  | { readonly kind: 'new'; readonly groupId: number; readonly opened: boolean }
  | { readonly kind: 'duplicate'; readonly groupId: number }
  | { readonly kind: 'replaced'; readonly groupId: number; readonly oldFile: string };

export interface Group {
  readonly id: number;
  readonly aeTitle: string;
  readonly groupKey: string;
  readonly rules: ProcessorRules;
  readonly openedAt: number;
}

export interface StoredInstance {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
}

/** The instances that were acknowledged and the groups that they are in. */
export class InboxStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Puts an instance in its group, which is opened where there is none. Call inside a transaction. */
  take(instance: NewInstance, rules: ProcessorRules, overwrite: boolean, now: number): Taken {
    const open = this.#db.prepare("SELECT id FROM groups WHERE ae_title = ? AND group_key = ? AND state = 'open'").get<{ id: number }>(instance.aeTitle, instance.groupKey);
    const groupId = open?.id ?? this.#open(instance, rules, now);
    const same = this.#db.prepare('SELECT file FROM instances WHERE group_id = ? AND name = ?').get<{ file: string }>(groupId, instance.name);
    if (same !== undefined && !overwrite) return { kind: 'duplicate', groupId };
    if (same !== undefined) {
      this.#db.prepare('UPDATE instances SET file = ?, bytes = ?, calling_ae = ?, calling_host = ?, association = ?, received_at = ? WHERE group_id = ? AND name = ?')
        .run(instance.file, instance.bytes, instance.callingAe, instance.callingHost, instance.association, now, groupId, instance.name);
      return { kind: 'replaced', groupId, oldFile: same.file };
    }
    this.#db.prepare('INSERT INTO instances (group_id, name, file, bytes, sop_class, sop_instance, calling_ae, calling_host, association, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(groupId, instance.name, instance.file, instance.bytes, instance.sopClass, instance.sopInstance, instance.callingAe, instance.callingHost, instance.association, now);
    return { kind: 'new', groupId, opened: open === undefined };
  }

  #open({ aeTitle, groupKey }: NewInstance, rules: ProcessorRules, now: number): number {
    return this.#db.prepare("INSERT INTO groups (ae_title, group_key, rules, state, opened_at) VALUES (?, ?, ?, 'open', ?) RETURNING id").get<{ id: number }>(aeTitle, groupKey, JSON.stringify(rules), now)!.id;
  }

  openGroups(): Group[] {
    return this.#db.prepare("SELECT * FROM groups WHERE state = 'open' ORDER BY id").all<GroupRow>().map(toGroup);
  }

  group(id: number): Group | undefined {
    const row = this.#db.prepare('SELECT * FROM groups WHERE id = ?').get<GroupRow>(id);
    return row === undefined ? undefined : toGroup(row);
  }

  /** In the order of their arrival. */
  instances(groupId: number): StoredInstance[] {
    return this.#db.prepare('SELECT name, file, bytes FROM instances WHERE group_id = ? ORDER BY received_at, name').all<StoredInstance>(groupId);
  }

  count(groupId: number): number {
    return this.#db.prepare('SELECT count(*) AS n FROM instances WHERE group_id = ?').get<{ n: number }>(groupId)!.n;
  }

  /** The open group of a key. */
  openGroup(aeTitle: string, groupKey: string): Group | undefined {
    const row = this.#db.prepare("SELECT * FROM groups WHERE ae_title = ? AND group_key = ? AND state = 'open'").get<GroupRow>(aeTitle, groupKey);
    return row === undefined ? undefined : toGroup(row);
  }

  /** Whether an instance of this name is in a group. */
  has(groupId: number, name: string): boolean {
    return this.#db.prepare('SELECT 1 FROM instances WHERE group_id = ? AND name = ?').get(groupId, name) !== undefined;
  }

  /** Call inside a transaction, together with the submissions. */
  close(groupId: number, { why, rules }: { readonly why: string; readonly rules: ProcessorRules }, now: number): void {
    this.#db.prepare("UPDATE groups SET state = 'closed', closed_at = ?, closed_by = ?, closed_rules = ? WHERE id = ?").run(now, why, JSON.stringify(rules), groupId);
  }

  /** Whether all jobs of a group have begun: its files are not wanted any more. */
  isDone(groupId: number): boolean {
    return this.#db.prepare("SELECT 1 FROM groups WHERE id = ? AND state = 'done'").get(groupId) !== undefined;
  }

  /** The files below the folder of instances that are in the inbox. */
  files(): Set<string> {
    const rows = this.#db.prepare("SELECT file FROM groups CROSS JOIN instances ON instances.group_id = groups.id WHERE state <> 'done'").all<{ file: string }>();
    return new Set(rows.map(({ file }) => file));
  }

  /** Instances that are not a job yet, and their size. */
  totals(): { readonly instances: number; readonly bytes: number } {
    // The groups first, by their index: what is done may be half a million instances.
    return this.#db.prepare(`SELECT count(*) AS instances, coalesce(sum(bytes), 0) AS bytes FROM groups CROSS JOIN instances ON instances.group_id = groups.id
      WHERE groups.state IN ('open', 'closed', 'retrieving')`).get<{ instances: number; bytes: number }>()!;
  }

  /** Forgets what was done before a time, and the oldest of what was done where it is more than so many instances. */
  forget(before: number, mostInstances: number): number {
    const old = this.#db.prepare("DELETE FROM groups WHERE state = 'done' AND done_at < ?").run(before).changes;
    const all = this.#db.prepare('SELECT count(*) AS n FROM instances').get<{ n: number }>()!.n;
    const many = all <= mostInstances ? 0 : this.#db.prepare(`DELETE FROM groups WHERE id IN (
      SELECT id FROM (
        SELECT groups.id, sum(count(instances.name)) OVER (ORDER BY done_at DESC, groups.id DESC) AS so_far
        FROM groups LEFT JOIN instances ON instances.group_id = groups.id WHERE groups.state = 'done' GROUP BY groups.id
      ) WHERE so_far > ?)`).run(mostInstances).changes;
    return old + many;
  }
}

interface GroupRow {
  readonly id: number;
  readonly ae_title: string;
  readonly group_key: string;
  readonly rules: string;
  readonly opened_at: number;
}

function toGroup(row: GroupRow): Group {
  return { id: row.id, aeTitle: row.ae_title, groupKey: row.group_key, rules: JSON.parse(row.rules) as ProcessorRules, openedAt: row.opened_at };
}
