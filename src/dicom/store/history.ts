import { type ProcessorRules } from '../entities/processor.ts';
import { type Database } from '../../system/database/sqlite.ts';

/** What is known of a group, for people. Times are milliseconds since 1970. */
export interface GroupHistory {
  readonly id: number;
  readonly aeTitle: string;
  readonly groupKey: string;
  /** Those of its closing; of its opening where it is open, or was closed by a release that did not keep them. */
  readonly rules: ProcessorRules;
  readonly state: 'open' | 'closed' | 'done';
  readonly openedAt: number;
  readonly lastAt: number | undefined;
  readonly closedAt: number | undefined;
  /** Why, as the end of a sentence. */
  readonly closedBy: string | undefined;
  readonly instances: number;
  readonly bytes: number;
}

export interface InstanceHistory {
  readonly sopInstance: string;
  readonly sopClass: string;
  /** In the payload. */
  readonly name: string;
  readonly bytes: number;
  readonly callingAe: string;
  /** Empty where it was not kept. */
  readonly callingHost: string;
  readonly association: number;
  readonly receivedAt: number;
}

const groups = `SELECT groups.*, count(instances.name) AS instances, coalesce(sum(instances.bytes), 0) AS bytes, max(received_at) AS last_at
  FROM groups LEFT JOIN instances ON instances.group_id = groups.id`;

/** Questions about what has happened; nothing here changes anything. */
export class HistoryStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  openGroups(): GroupHistory[] {
    return this.#db.prepare(`${groups} WHERE groups.state = 'open' GROUP BY groups.id ORDER BY groups.id`).all<Row>().map(toHistory);
  }

  group(id: number): GroupHistory | undefined {
    const row = this.#db.prepare(`${groups} WHERE groups.id = ? GROUP BY groups.id`).get<Row>(id);
    return row === undefined ? undefined : toHistory(row);
  }

  /** In the order of their arrival. */
  instances(groupId: number): InstanceHistory[] {
    return this.#db.prepare('SELECT * FROM instances WHERE group_id = ? ORDER BY received_at, name').all<InstanceRow>(groupId).map((row) => ({
      sopInstance: row.sop_instance, sopClass: row.sop_class, name: row.name, bytes: row.bytes, callingAe: row.calling_ae, callingHost: row.calling_host, association: row.association, receivedAt: row.received_at,
    }));
  }
}

interface Row {
  readonly id: number;
  readonly ae_title: string;
  readonly group_key: string;
  readonly rules: string;
  readonly closed_rules: string | null;
  readonly state: GroupHistory['state'];
  readonly opened_at: number;
  readonly closed_at: number | null;
  readonly closed_by: string | null;
  readonly last_at: number | null;
  readonly instances: number;
  readonly bytes: number;
}

interface InstanceRow {
  readonly sop_instance: string;
  readonly sop_class: string;
  readonly name: string;
  readonly bytes: number;
  readonly calling_ae: string;
  readonly calling_host: string;
  readonly association: number;
  readonly received_at: number;
}

function toHistory(row: Row): GroupHistory {
  return {
    id: row.id, aeTitle: row.ae_title, groupKey: row.group_key, rules: JSON.parse(row.closed_rules ?? row.rules) as ProcessorRules, state: row.state, openedAt: row.opened_at,
    lastAt: row.last_at ?? undefined, closedAt: row.closed_at ?? undefined, closedBy: row.closed_by ?? undefined, instances: row.instances, bytes: row.bytes,
  };
}
