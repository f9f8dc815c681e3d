/** Sample records for a table that brings no sample.ts: what its contract accepts, and nothing broken. */
import { crc32 } from "node:zlib";
import type { Literal } from "@lakehouse/transforms/contract/column";
import type { Table, TableColumn } from "@lakehouse/transforms/contract/table";
import { ContractError } from "@lakehouse/transforms/errors";
import { formatValue, parseLiteral } from "@lakehouse/transforms/values/literal";
import RandExp from "randexp";
import { type Random, seededRandom } from "./random.ts";
import type { SampleGenerator } from "./sample-generator.ts";

/** Its declarations are of another shape than its one export, the class itself. */
const Maker = RandExp as unknown as new (
  pattern: RegExp,
) => { max: number; randInt: (low: number, high: number) => number; gen(): string };

/** A part of a record; primitives that JavaScript cannot write exactly are raw JSON. */
type Part = unknown;

const nullProbability = 0.1;

/**
 * Makes a generator of records that keep the types, ranges, accepted values and patterns of a contract.
 * Its expectations it cannot know: records that break one end in quarantine.
 */
export function sampleFromContract(table: Table): SampleGenerator {
  const isKey = ({ name }: TableColumn): boolean => table.primaryKey.includes(name);
  const keyColumns = table.columns.filter(isKey);
  const otherColumns = table.columns.filter((column) => !isKey(column));
  return function* ({ records, seed }) {
    const random = seededRandom(seed);
    for (let index = 0; index < records; index++) {
      const record: Record<string, Part> = {};
      for (const column of keyColumns) {
        place(record, column, keyValue(table, column, seed, index, random));
      }
      // All else follows from the key: should a key come twice, its row falls in the same partition.
      const randomOfKey = seededRandom(crc32(JSON.stringify(record)));
      for (const column of otherColumns) {
        const absent = column.nullable && randomOfKey.chance(nullProbability);
        if (!absent) {
          place(record, column, madeValue(table, column, randomOfKey));
        }
      }
      yield JSON.stringify(record);
    }
  };
}

function place(record: Record<string, Part>, { path }: TableColumn, value: Part): void {
  let inner = record;
  for (const name of path.slice(0, -1)) {
    const next = inner[name] ?? {};
    inner[name] = next;
    inner = next as Record<string, Part>;
  }
  inner[path.at(-1) ?? ""] = value;
}

/** Counts where the contract leaves it free, so that no key comes twice. */
function keyValue(
  table: Table,
  column: TableColumn,
  seed: number,
  index: number,
  random: Random,
): Part {
  const { type, accepted, minimum, maximum, pattern } = column;
  const free = [accepted, minimum, maximum, pattern].every((rule) => rule === undefined);
  if (free && type.kind === "int64") {
    return JSON.rawJSON(String(BigInt(seed) * 1_000_000_000n + BigInt(index + 1)));
  }
  return free && type.kind === "string" ? `${seed}-${index + 1}` : madeValue(table, column, random);
}

function madeValue(table: Table, column: TableColumn, random: Random): Part {
  const { type, accepted = [] } = column;
  const [first, ...others] = accepted;
  if (first !== undefined) {
    return asJson(column, literalOf(column, random.pick([first, ...others])));
  }
  switch (type.kind) {
    case "string":
      return text(table, column, random);
    case "boolean":
      return random.chance(0.5);
    case "json":
      return { note: `sample ${random.hex(4)}` };
    case "float64": {
      const [low, high] = bounds<number>(
        column,
        [0, 1_000],
        (bound, times) => bound + 1_000 * times,
      );
      return low + random.fraction() * (high - low);
    }
    default: {
      const [from, to] = usual(column);
      const [low, high] = bounds(
        column,
        [from, to],
        (bound, times) => bound + (to - from) * BigInt(times),
      );
      const draw = BigInt(Math.floor(random.fraction() * 2 ** 32));
      return asJson(column, low + ((high - low + 1n) * draw) / 2n ** 32n);
    }
  }
}

/** The bounds of a column's values, unscaled, where the contract gives none. */
function usual({ type }: TableColumn): [bigint, bigint] {
  switch (type.kind) {
    case "date":
      return [19_723n, 20_453n];
    case "timestamp":
      return [1_704_067_200_000_000n, 1_767_225_599_999_999n];
    case "decimal":
      return [0n, 10n ** BigInt(Math.min(type.precision, type.scale + 3)) - 1n];
    default:
      return [0n, 999n];
  }
}

/**
 * The contract's bounds; where it lacks one, as far from the other as the usual ones, or these.
 *
 * @param shift Adds the distance, so many times, to a bound.
 */
function bounds<N extends bigint | number>(
  column: TableColumn,
  [low, high]: readonly [N, N],
  shift: (bound: N, times: 1 | -1) => N,
): [N, N] {
  const [minimum, maximum] = [column.minimum, column.maximum].map((bound) =>
    bound === undefined ? undefined : (literalOf(column, bound) as N),
  );
  if (minimum === undefined) {
    return maximum === undefined ? [low, high] : [shift(maximum, -1), maximum];
  }
  return [minimum, maximum ?? shift(minimum, 1)];
}

function literalOf(column: TableColumn, literal: Literal): bigint | number | boolean | string {
  const parsed = parseLiteral(column.type, literal);
  if (!parsed.ok) {
    throw new ContractError(column.name, parsed.message, "Write a literal of the column's type.");
  }
  return parsed.value;
}

function asJson({ type }: TableColumn, value: bigint | number | boolean | string): Part {
  const written = formatValue(type, value);
  const isText = type.kind === "string" || type.kind === "date" || type.kind === "timestamp";
  return isText ? written : JSON.rawJSON(written);
}

function text(table: Table, { name, pattern }: TableColumn, random: Random): string {
  if (pattern === undefined) {
    return `${name} ${random.pick(["red", "blue", "grün", "黄色"])} ${random.integer(1, 99)}`;
  }
  const maker = new Maker(pattern);
  maker.max = 10;
  maker.randInt = (low, high) => random.integer(low, high);
  const made = maker.gen();
  if (!pattern.test(made)) {
    throw new ContractError(
      `${table.name}.${name}`,
      `no sample text can be made for its pattern ${pattern}`,
      `Write packages/tables/src/${table.name}/sample.ts, as orders has it.`,
    );
  }
  return made;
}
