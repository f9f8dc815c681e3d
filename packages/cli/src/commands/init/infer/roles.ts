/** Proposes the key, the order, the delete marker and the partitioning, with the evidence. */

import { counted } from "@lakehouse/terminal/words";
import type { Column } from "@lakehouse/transforms/contract/column";
import type { PartitionUnit } from "@lakehouse/transforms/contract/partition";
import { isJsonObject, type JsonValue } from "@lakehouse/transforms/decode/json";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { readValue } from "@lakehouse/transforms/types/read-value";
import { singular } from "./names.ts";
import type { KeyProfile } from "./profile.ts";

/** A column that may have a role. */
interface Candidate {
  readonly name: string;
  readonly path: readonly string[];
  readonly column: Column;
  /** Whether no record lacks it. */
  readonly isComplete: boolean;
  /** Undefined if it is known from a schema, not from records. */
  readonly profile?: KeyProfile;
}

/** The columns of a role, and why. */
export interface Role {
  readonly names: readonly string[];
  readonly evidence: readonly string[];
}

/** The roles of a contract. */
export interface Roles {
  readonly primaryKey: Role;
  readonly orderBy: Role;
  /** `code` is the contract's condition. */
  readonly deleteWhen: Role & { readonly code?: string };
  readonly partitionBy: Role & { readonly unit?: PartitionUnit };
}

const none: Role = { names: [], evidence: [] };
const idName = /(?:^|_)(?:id|uuid|guid|key|number|no|ref|reference|token)$/;
const orderName =
  /(?:^|_)(?:updated|updated_at|modified|modified_at|last_modified|changed_at|update_time|lsn|version|revision|seq|sequence|updated_on|last_updated)$/;
const deletedName = /(?:^|_)(?:deleted|is_deleted|removed|is_removed)$/;
const deletedAtName = /(?:^|_)(?:deleted_at|removed_at)$/;
const operationName =
  /(?:^|_)(?:op|operation|action|event|event_type|type|topic|change_type|event_name)$/;
const deleteValue =
  /^(?:d|delete|deleted|remove|removed)$|[./_:-](?:delete|deleted|remove|removed)$/i;
const eventName =
  /(?:^|_)(?:created|created_at|occurred_at|event_time|ts|timestamp|time|date|placed_at|order_date|event_date|measured_at|recorded_at|sent_at|received_at|paid_at)$/;
/** Below this, a partition for each day is small. */
const recordsPerDay = 1_000;

/**
 * @param records The records that serve as evidence. Without any, names decide.
 * @param total How many records there are.
 */
export function proposeRoles(
  table: string,
  candidates: readonly Candidate[],
  records: readonly JsonValue[],
  total: number,
): Roles {
  const orders = candidates.filter(({ name, column, isComplete }) => {
    const { kind } = column.spec.type;
    return isComplete && orderName.test(name) && (kind === "timestamp" || kind === "int64");
  });
  const order = orders.find(({ column }) => column.spec.type.kind === "timestamp") ?? orders[0];
  const primaryKey = keyOf(table, candidates, records, order, total);
  const isOrder = order !== undefined && !primaryKey.names.includes(order.name);
  const hasKey = primaryKey.names.length > 0;
  return {
    primaryKey,
    orderBy:
      hasKey && isOrder
        ? {
            names: [order.name],
            evidence: [`${order.name} decides which record of a key is the latest`],
          }
        : none,
    deleteWhen: hasKey ? deleteOf(candidates, primaryKey) : none,
    partitionBy: partitionOf(candidates, records, primaryKey),
  };
}

function keyOf(
  table: string,
  candidates: readonly Candidate[],
  records: readonly JsonValue[],
  order: Candidate | undefined,
  total: number,
): Role {
  const ids = candidates.filter(({ name, column, isComplete }) => {
    const { kind } = column.spec.type;
    return (
      isComplete && idName.test(name) && (kind === "string" || kind === "int64" || kind === "uuid")
    );
  });
  const own = ids
    .filter(
      ({ name }) =>
        name === "id" ||
        [table, singular(table), last(table)].some((each) => name === `${each}_id`),
    )
    .sort((a, b) => Number(b.name === "id") - Number(a.name === "id"));
  const all = records.length;
  const distinctOf = (columns: readonly Candidate[]): number =>
    new Set(records.map((record) => JSON.stringify(columns.map((each) => sent(record, each)))))
      .size;
  const [first] = own;
  if (total === 0) {
    return first === undefined
      ? { names: [], evidence: ["No name says which column is the key: each record is a row"] }
      : { names: [first.name], evidence: [`${first.name} identifies a record, by its name`] };
  }
  if (first !== undefined) {
    const distinct = distinctOf([first]);
    if (distinct === all) {
      return {
        names: [first.name],
        evidence: [`${first.name} is different in ${ofAll(all, total)}`],
      };
    }
    if (order !== undefined) {
      return {
        names: [first.name],
        evidence: [
          `${first.name} has ${distinct} values in ${all} records: later ones replace earlier ones`,
        ],
      };
    }
  }
  const unique = all < 2 ? undefined : ids.find((each) => distinctOf([each]) === all);
  if (unique !== undefined) {
    return {
      names: [unique.name],
      evidence: [`${unique.name} is different in ${ofAll(all, total)}`],
    };
  }
  const moment = candidates.find(
    ({ column, isComplete, name }) =>
      isComplete &&
      column.spec.type.kind === "timestamp" &&
      (eventName.test(name) || /_at$/.test(name)),
  );
  const pair = ids.find(
    (id) => moment !== undefined && all > 1 && distinctOf([id, moment]) === all,
  );
  if (pair !== undefined && moment !== undefined) {
    return {
      names: [pair.name, moment.name],
      evidence: [
        `${pair.name} and ${moment.name} together are different in ${ofAll(all, total)}`,
        ...(own.includes(pair)
          ? [
              `${pair.name} has ${distinctOf([pair])} values. If later records replace earlier ones: ` +
                `primaryKey: ["${pair.name}"], orderBy: "${moment.name}"`,
            ]
          : []),
      ],
    };
  }
  const repeated = ids.map(
    (each) => `${each.name} has ${distinctOf([each])} values in ${all} records`,
  );
  return {
    names: [],
    evidence: [
      "No key was found: each record is a row, and one that is sent twice is two",
      ...repeated.slice(0, 3),
    ],
  };
}

function deleteOf(candidates: readonly Candidate[], key: Role): Roles["deleteWhen"] {
  for (const { name, column, profile } of candidates) {
    const { kind } = column.spec.type;
    if (kind === "boolean" && deletedName.test(name)) {
      return {
        names: [name],
        code: `row.${name}.eq(true)`,
        evidence: [`${name} marks deleted rows`],
      };
    }
    const values = [...(profile?.strings.distinct ?? [])].filter(([value]) =>
      deleteValue.test(value),
    );
    if (
      kind === "string" &&
      operationName.test(name) &&
      values.length > 0 &&
      !key.names.includes(name)
    ) {
      const list = values.map(([value]) => JSON.stringify(value));
      const code =
        list.length === 1 ? `row.${name}.eq(${list[0]})` : `row.${name}.isIn([${list.join(", ")}])`;
      const seen = values.map(
        ([value, count]) => `${JSON.stringify(value)} in ${counted(count, "record")}`,
      );
      return { names: [name], code, evidence: [`${name} is ${seen.join(", ")}`] };
    }
    if (kind === "timestamp" && deletedAtName.test(name)) {
      const code = `row.${name}.isNotNull()`;
      return {
        names: [name],
        code,
        evidence: [
          profile === undefined
            ? `${name} is set in deleted rows`
            : `${name} is set in ${counted(profile.values, "record")}`,
        ],
      };
    }
  }
  return none;
}

function partitionOf(
  candidates: readonly Candidate[],
  records: readonly JsonValue[],
  key: Role,
): Roles["partitionBy"] {
  const dated = candidates.filter(({ column, isComplete }) => {
    const { kind } = column.spec.type;
    return isComplete && (kind === "timestamp" || kind === "date");
  });
  const stable = dated.filter(({ name }) => !orderName.test(name));
  const chosen =
    stable.find(({ name }) => key.names.includes(name)) ??
    stable.find(({ name }) => /(?:^|_)created(?:_at)?$/.test(name)) ??
    stable.find(({ name }) => eventName.test(name)) ??
    stable[0];
  if (chosen === undefined) {
    const evidence = dated.map(({ name }) => `${name} changes when a row does`);
    return {
      names: [],
      evidence: ["No date or timestamp is in every record: one partition", ...evidence],
    };
  }
  if (records.length === 0) {
    return { names: [chosen.name], unit: "month", evidence: [`${chosen.name} is in every record`] };
  }
  const days = new Set(records.flatMap((record) => dayOf(record, chosen) ?? []));
  const unit = records.length / Math.max(1, days.size) >= recordsPerDay ? "day" : "month";
  const range = [...days].sort();
  const evidence = [
    `${chosen.name} is in every record, ${range[0]} to ${range.at(-1)}: ${counted(records.length, "record")} on ${counted(days.size, "day")}`,
  ];
  const others = stable.filter((each) => each !== chosen).map(({ name }) => name);
  return {
    names: [chosen.name],
    unit,
    evidence:
      others.length === 0
        ? evidence
        : [...evidence, `Others in every record: ${others.join(", ")}`],
  };
}

function dayOf(record: JsonValue, candidate: Candidate): string | undefined {
  const found = sent(record, candidate);
  const { spec } = candidate.column;
  const parsed = found === undefined || found === null ? undefined : readValue(spec, found);
  return parsed?.ok === true && parsed.value !== null
    ? formatValue(spec.type, parsed.value).slice(0, 10)
    : undefined;
}

/** The value as it was sent. */
function sent(record: JsonValue, { path }: Candidate): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (found, key) => (isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined),
    record,
  );
}

/** `the only record`, `all 500 records`, `the first 10,000 records`. */
function ofAll(count: number, total: number): string {
  const records = counted(count, "record");
  return count < total
    ? `the first ${records}`
    : count === 1
      ? "the only record"
      : `all ${records}`;
}

/** `order` of `shop_orders`. */
function last(name: string): string {
  return singular(name.split("_").at(-1) ?? name);
}
