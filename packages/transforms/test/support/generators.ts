/** Generators for this package's property tests: JSON in every spelling, values at every limit, contracts. */
import fc, { type Arbitrary } from "fast-check";
import { type Child, pathsOfColumn, type TableColumn } from "../../src/contract/checked-table.ts";
import { type Each, each } from "../../src/contract/child.ts";
import { Column, type ColumnSpec } from "../../src/contract/column.ts";
import { type Case, when } from "../../src/contract/computed.ts";
import { Condition, type ConditionNode, Term } from "../../src/contract/condition.ts";
import type { Path } from "../../src/contract/path.ts";
import { defineTable, type Table } from "../../src/contract/table.ts";
import { ContractError } from "../../src/errors.ts";
import { formatValue, parseJsonValue } from "../../src/types/column-type.ts";
import { type EpochUnit, momentUnits } from "../../src/types/epoch.ts";
import type { Reading, ReadingOption } from "../../src/types/reading.ts";
import type { Random } from "../../src/types/sample.ts";
import { type ColumnType, definitionOf, type Kind, types } from "../../src/types/types.ts";
import type { Literal, Scalar } from "../../src/types/value.ts";

// JSON text, spelled in every way that JSON allows.

const space = fc.oneof(
  { weight: 8, arbitrary: fc.constant("") },
  fc.constantFrom(" ", "\t", "\r", "  ", "\r\n", "\n", " \n\t"),
);
const lineSpace = space.map((text) => text.replaceAll("\n", " "));

/** Characters that decoders often get wrong. */
export const oddCharacter = fc.constantFrom(
  ..."{}[]\",:\\/ \t\n\r\0\u0001\u001f\u007fabze019.-+éß漢😀\u2028\u2029\ufeff\ufffd'`=",
);
/** Strings made of odd characters, some of them not well-formed. */
export const oddString = fc.oneof(
  fc.string({ unit: oddCharacter, maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("", "NULL", "null", "=1+1", "-", "\ud800", "\udc00x", "\\N", "007", " a ", '""'),
);

/** A string as JSON: as JSON.stringify writes it, or with every character escaped. */
export const stringText = fc
  .tuple(oddString, fc.constantFrom("plain", "plain", "plain", "escaped", "solidus"))
  .map(([text, style]) => {
    if (style === "escaped") {
      return `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
    }
    const plain = JSON.stringify(text);
    return style === "solidus" ? plain.replaceAll("/", "\\/") : plain;
  });

const digits = (maxLength: number): Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength });
const whole = fc.oneof(
  fc.constant("0"),
  digits(4).map((text) => text.replace(/^0+/, "") || "0"),
  digits(45).map((text) => `1${text}`),
  fc.constantFrom("2147483647", "2147483648", "9223372036854775807", "9223372036854775808"),
  fc.constantFrom("9007199254740992", "9007199254740993", "999999999999999", "1000000000000000"),
  digits(18).map((text) => `1${text}`),
);
/** A number as JSON, of any shape. */
export const numberText = fc
  .tuple(
    fc.constantFrom("", "", "-"),
    whole,
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("") },
      digits(3).map((text) => `.${text}`),
      digits(30).map((text) => `.${text}`),
      fc.constantFrom(".0", ".000000000000000", ".50"),
    ),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant("") },
      fc.constantFrom("e0", "E+2", "e-2", "e400", "e-400", "E-0", "e99999999999999999999", "e18"),
    ),
  )
  .map((parts) => parts.join(""));

const scalarText = fc.oneof(numberText, stringText, fc.constantFrom("true", "false", "null"));

function jsonWith(gap: Arbitrary<string>): Arbitrary<string> {
  const joined = (open: string, parts: readonly string[], close: string): string =>
    `${open}${parts.join(",")}${close}`;
  return fc.letrec<{ value: string; item: string; member: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalarText,
      fc.array(tie("item"), { maxLength: 4 }).map((items) => joined("[", items, "]")),
      fc.array(tie("member"), { maxLength: 4 }).map((members) => joined("{", members, "}")),
    ),
    item: fc.tuple(gap, tie("value"), gap).map((parts) => parts.join("")),
    member: fc
      .tuple(gap, stringText, gap, fc.constant(":"), gap, tie("value"), gap)
      .map((parts) => parts.join("")),
  })).value;
}

/** Any JSON value, over one line or several. */
export const jsonText = jsonWith(space);
/** Any JSON value on one line. */
export const lineText = jsonWith(lineSpace);

/** The text with a few characters removed, inserted or replaced. */
export function mutated(text: Arbitrary<string>): Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    take: fc.nat(2),
    put: fc.oneof(fc.constant(""), oddCharacter, fc.constantFrom("}{", "\\u", "1e", "tru", "\n")),
  });
  return fc
    .tuple(text, fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([whole, edits]) =>
      edits.reduce(
        (changed, { at, take, put }) =>
          changed.slice(0, at % (changed.length + 1)) +
          put +
          changed.slice((at % (changed.length + 1)) + take),
        whole,
      ),
    );
}

/** The bytes, cut into chunks of these sizes. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % Math.max(1, sizes.length)] ?? bytes.length;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** Sizes of chunks; small ones are likely. */
export const chunkSizes = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.nat(300)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((sizes) => sizes.map((size) => size + 1));

// Values at the limits of their types.

/** Every column type, each kind equally likely, and decimals of every precision and scale. */
export const columnType: Arbitrary<ColumnType> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.oneof(
      ...Object.values(types).map(({ examples }) => fc.constantFrom<ColumnType[]>(...examples)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: 1, max: 38 })
      .chain((precision) =>
        fc
          .integer({ min: 0, max: precision })
          .map((scale): ColumnType => ({ kind: "decimal", precision, scale })),
      ),
  },
);

const near = (min: bigint, max: bigint): Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min, max }),
    fc.bigInt({ min: -3n < min ? min : -3n, max: max < 9n ? max : 9n }),
    fc.constantFrom(min, max, min + 1n, max - 1n),
  );

const random: Arbitrary<Random> = fc
  .infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
  .map((stream) => {
    const fraction = (): number => stream.next().value ?? 0;
    const integer = (minimum: number, maximum: number): number =>
      minimum + Math.floor(fraction() * (maximum - minimum + 1));
    return {
      fraction,
      integer,
      chance: (probability) => fraction() < probability,
      pick: (choices) => choices[integer(0, choices.length - 1)] ?? choices[0],
      hex: (digits) => Array.from({ length: digits }, () => integer(0, 15).toString(16)).join(""),
    };
  });

/** A value that the type makes for sample records. */
export function sampleValue(type: ColumnType): Arbitrary<Scalar> {
  const request = { column: "a", minimum: undefined, maximum: undefined };
  return random.map((drawn) => definitionOf(type).sample({ ...request, random: drawn }, type));
}

/** A value of the type: small ones, which are likely to be equal, and those at its limits. */
export function typedValue(type: ColumnType): Arbitrary<Scalar> {
  const edges = definitionOf(type).extremes(type);
  const [first, second] = edges;
  const edge = fc.constantFrom(...edges);
  if (typeof first === "bigint" && typeof second === "bigint") {
    return near(first, second);
  }
  if (typeof first === "number") {
    return fc.oneof(
      edge,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      fc.integer({ min: -3, max: 9 }),
      fc.constantFrom(0.1, 0.5, 2 ** 53, 1e300, 5e-324),
    );
  }
  if (typeof first === "boolean") {
    return edge;
  }
  const odd = oddString.map((text) => {
    const parsed = parseJsonValue(type, text);
    return parsed?.ok === true ? parsed.value : (edges[text.length % edges.length] ?? first);
  });
  return fc.oneof(edge, odd, sampleValue(type));
}

/** A value of the type, as a contract may write it. */
export function literalOf(
  type: ColumnType,
  value: Arbitrary<Scalar> = typedValue(type),
): Arbitrary<Literal> {
  return value.map((each) => (typeof each === "boolean" ? each : formatValue(type, each)));
}

/** A value for the column, or nearly one, as a record may write it. Values that its rules accept are likely. */
export function valueText(column: ColumnSpec): Arbitrary<string> {
  const { type, accepted = [], minimum, maximum } = column;
  const literals = [...accepted, minimum, maximum].filter((each) => each !== undefined).map(String);
  const any = typedValue(type).map((value) => formatValue(type, value));
  const canonical =
    literals.length === 0
      ? any
      : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...literals) }, any);
  const { jsonForm, isExact } = definitionOf(type);
  if (column.reading !== undefined) {
    return fc.oneof(
      { weight: 20, arbitrary: spelledText(column, column.reading) },
      { weight: 4, arbitrary: canonical.map((text) => JSON.stringify(text)) },
      { weight: 2, arbitrary: numberText },
      { weight: 2, arbitrary: looksLike(type).map((text) => JSON.stringify(text)) },
      { weight: 1, arbitrary: scalarText },
      { weight: 1, arbitrary: lineText },
    );
  }
  const proper =
    jsonForm === "any"
      ? lineText
      : canonical.map((text) => {
          const isPlainNumber = (text.length < 16 || !isExact) && !text.includes("+");
          return jsonForm === "boolean" || (jsonForm === "number" && isPlainNumber)
            ? text
            : JSON.stringify(text);
        });
  return fc.oneof(
    { weight: 40, arbitrary: proper },
    { weight: 4, arbitrary: canonical.map((text) => JSON.stringify(text)) },
    { weight: 2, arbitrary: looksLike(type).map((text) => JSON.stringify(text)) },
    { weight: 1, arbitrary: numberText },
    { weight: 1, arbitrary: numberText.map((text) => JSON.stringify(text)) },
    { weight: 1, arbitrary: fc.constant("null") },
    { weight: 1, arbitrary: lineText },
  );
}

/** A value as the column's options read it, or nearly. */
export function spelledText(
  { type }: Pick<ColumnSpec, "type">,
  reading: Reading,
): Arbitrary<string> {
  const { epoch, map = [] } = reading;
  const definition = definitionOf(type);
  const written = typedValue(type).map(
    (value) =>
      definition.toJsonAs?.(value, reading, type) ?? JSON.stringify(formatValue(type, value)),
  );
  const inQuotes = written.map((text) => JSON.stringify(unquoted(text)));
  const choices: Arbitrary<string>[] = [
    written,
    mutated(written),
    fc
      .tuple(fc.constantFrom(" ", "\u00a0", "\t", ""), written, fc.constantFrom(" ", "\n", ""))
      .map(([before, text, after]) => JSON.stringify(before + unquoted(text) + after)),
    written.map((text) => (text.startsWith('"') ? text.toUpperCase() : text)),
  ];
  if (epoch !== undefined) {
    choices.push(
      epochText,
      epochText.map((text) => JSON.stringify(text)),
      inQuotes,
    );
  }
  if (map.length > 0) {
    const sent = fc.constantFrom(...map.map(([text]) => text));
    choices.push(
      sent.map((text) => (/^(true|\d)$/.test(text) ? text : JSON.stringify(text))),
      sent.map((text) => JSON.stringify(text)),
      sent.map((text) => JSON.stringify(` ${text.toUpperCase()}`)),
    );
  }
  if (definition.readings.includes("patterns")) {
    choices.push(oddMoment.map((text) => JSON.stringify(text)));
  }
  return fc.oneof(...choices);
}

const unquoted = (json: string): string => (json.startsWith('"') ? JSON.parse(json) : json);

/** Numbers around the limits of every unit. */
const epochText = fc
  .tuple(
    fc.constantFrom("", "", "", "-"),
    fc.constantFrom("0", "1", "1709164800", "62135596800", "253402300799", "4611686018427387"),
    fc.constantFrom("", "", "000", "000000", "999", "123456789", "999999999"),
    fc.constantFrom("", "", "", ".0", ".5", ".1234567", ".9999999", ".000", "e3", "e-3", "E-9"),
  )
  .map((parts) => parts.join(""));

const patternsOf: { readonly [K in "date" | "timestamp"]: readonly string[] } = {
  date: ["dd/MM/yyyy", "d.M.yyyy", "MMM d, yyyy", "yyyyMMdd", "dd MMMM yyyy"],
  timestamp: [
    "dd/MM/yyyy HH:mm",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "yyyyMMddHHmmss",
    "dd/MMM/yyyy:HH:mm:ss XX",
    "M/d/yyyy h:mm a",
  ],
};

/** Mostly absent: the options of a column about other spellings. */
export function readingOf(type: ColumnType): Arbitrary<Reading | undefined> {
  const { readings } = definitionOf(type);
  const never = fc.constant(undefined);
  const optionally = <T>(option: ReadingOption, made: Arbitrary<T>): Arbitrary<T | undefined> =>
    readings.includes(option) ? fc.oneof(never, never, made) : never;
  const units: readonly EpochUnit[] = type.kind === "date" ? ["d", ...momentUnits] : momentUnits;
  const sent = fc.constantFrom("yes", "no", "", "0", "1", "true", "é", "n/a");
  const value = fc.oneof(literalOf(type), fc.constant(null));
  const map = fc.uniqueArray(fc.tuple(sent, value), {
    minLength: 1,
    maxLength: 3,
    selector: ([text]) => text,
  });
  return fc
    .record({
      coerce: optionally("coerce", fc.constant(true as const)),
      trim: optionally("trim", fc.constant(true as const)),
      letters: optionally("letters", fc.constantFrom("lower", "upper")),
      map: optionally("map", map),
      epoch: optionally("epoch", fc.constantFrom(...units)),
      fromTimestamp: optionally("fromTimestamp", fc.constant(true as const)),
      patterns: optionally(
        "patterns",
        fc.subarray([...patternsOf.date, ...patternsOf.timestamp], { minLength: 1, maxLength: 2 }),
      ),
      assumedOffset: optionally("assumedOffset", fc.constantFrom("Z", "+05:30", "-11:00")),
    })
    .map((reading) => {
      const given = Object.entries(reading).filter(([, option]) => option !== undefined);
      return given.length === 0 ? undefined : (Object.fromEntries(given) as Reading);
    });
}

const twoDigits = fc
  .oneof(fc.integer({ min: 0, max: 13 }), fc.nat(61))
  .map((n) => String(n).padStart(2, "0"));
/** Dates near every limit of the calendar, and beyond it. */
export const oddDate = fc
  .tuple(
    fc.constantFrom("0000", "0001", "1600", "1900", "1969", "1970", "2000", "2023", "2024", "9999"),
    fc.oneof(fc.constantFrom("01", "02", "12"), twoDigits),
    fc.oneof(fc.constantFrom("01", "28", "29", "30", "31"), twoDigits),
  )
  .map((parts) => parts.join("-"));
/** Times of day with an offset, many of which don't exist. */
export const oddTime = fc
  .tuple(
    fc.oneof(fc.constantFrom("00", "23", "24"), twoDigits),
    twoDigits,
    fc.oneof(fc.constantFrom("59", "60"), twoDigits),
    fc.oneof(
      fc.constant(""),
      fc
        .string({ unit: fc.constantFrom(..."0009"), minLength: 1, maxLength: 9 })
        .map((text) => `.${text}`),
      fc.constant("."),
    ),
    fc.constantFrom("Z", "Z", "z", "+00:00", "-00:01", "+05:30", "-23:59", "+24:00", "+0530", ""),
  )
  .map(([h, m, s, fraction, zone]) => `${h}:${m}:${s}${fraction}${zone}`);

/** Dates and times in many spellings. */
const oddMoment = fc.oneof(
  fc.tuple(oddDate, fc.constantFrom("T", " "), oddTime).map((parts) => parts.join("")),
  oddDate,
  oddDate.map((text) => text.split("-").reverse().join("/")),
  oddDate.map((text) => text.replaceAll("-", "")),
  fc
    .tuple(oddDate, fc.nat(13), fc.nat(61), fc.constantFrom(" AM", " pm", ""))
    .map(([text, hour, minute, half]) => {
      const [year, month, day] = text.split("-").map(Number);
      return `${month}/${day}/${year} ${hour}:${String(minute).padStart(2, "0")}${half}`;
    }),
);

/** A value that looks like one of the type and may be one, as a record may write it. */
export function oddValueText(type: ColumnType): Arbitrary<string> {
  const quoted = looksLike(type).map((text) => JSON.stringify(text));
  return fc.oneof(quoted, quoted, numberText, scalarText);
}

/** Kinds whose strings can be odd in their own ways. */
const oddStrings: { readonly [K in Kind]?: Arbitrary<string> } = {
  date: oddDate,
  timestamp: fc
    .tuple(oddDate, fc.constantFrom("T", "T", "T", "t", " ", "_"), oddTime)
    .map((parts) => parts.join("")),
  boolean: fc.constantFrom("true", "false", "True", "1", ""),
  string: oddString,
  json: oddString,
};
const oddNumber = fc
  .tuple(
    fc.constantFrom("", "", "-", "+", "--", " "),
    fc.constantFrom("", "", "0", "00", "."),
    numberText,
    fc.constantFrom("", "", ".", " ", "_", "0"),
  )
  .map((parts) => parts.join(""));

/** A string that looks like a value of the type, and may be one. */
function looksLike(type: ColumnType): Arbitrary<string> {
  const canonical = typedValue(type).map((value) => formatValue(type, value));
  const nearly = fc.oneof(
    mutated(canonical),
    canonical.map((text) => text.toUpperCase()),
    canonical,
  );
  const own =
    oddStrings[type.kind] ?? (definitionOf(type).jsonForm === "number" ? oddNumber : oddString);
  return fc.oneof({ weight: 3, arbitrary: own }, { weight: 1, arbitrary: nearly });
}

// Contracts, and records for them.

const columnNames = ["a", "b", "c", "d", "e"] as const;
const pathKey = fc.constantFrom("a", "b", "user", "x y", 'q"', "é", "__proto__", "0", "");
const pathPart = fc.oneof({ weight: 3, arbitrary: pathKey }, fc.constantFrom(0, 1, 2));
const wholePath = fc
  .tuple(pathKey, fc.array(pathPart, { maxLength: 2 }))
  .map(([key, parts]): Path => [key, ...parts]);
const path = fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, wholePath);
/** Where else a value may be. Columns that share paths are likely. */
const orPaths = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.uniqueArray(wholePath, { minLength: 1, maxLength: 2, selector: (each) => each.join(".") }),
);

/** Mostly undefined: a contract with every rule on every column refuses everything. */
function optional<T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary });
}

function columnSpec(type: ColumnType): Arbitrary<ColumnSpec> {
  const literal = literalOf(type);
  const never = fc.constant(undefined);
  const { conditions, isExact } = definitionOf(type);
  const bound = conditions === "order" ? optional(literal) : never;
  return fc
    .record({
      type: fc.constant(type),
      nullable: fc.constantFrom(true, true, false),
      default: conditions === "none" ? never : optional(literal),
      accepted: isExact ? optional(fc.array(literal, { minLength: 1, maxLength: 4 })) : never,
      minimum: bound,
      maximum: bound,
      pattern:
        conditions === "text"
          ? optional(fc.constantFrom(/a/, /^[^0-9]*$/, /^.?$/u, /^$|é/i, /[\p{L}]/u))
          : never,
      path,
      orPaths,
      reading: fc.oneof({ weight: 2, arbitrary: never }, { weight: 1, arbitrary: readingOf(type) }),
    })
    .map(
      (spec) =>
        Object.fromEntries(
          Object.entries(spec).filter(([, value]) => value !== undefined),
        ) as unknown as ColumnSpec,
    );
}

/** A condition over the columns, with every operation that their types have. */
export function conditionOver(
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
  literal: (type: ColumnType) => Arbitrary<Literal> = literalOf,
): Arbitrary<ConditionNode> {
  const leaves = columns.flatMap(({ name, type }): Arbitrary<ConditionNode>[] => {
    const isNull = fc.constant<ConditionNode>({ op: "isNull", column: name });
    const { conditions } = definitionOf(type);
    if (conditions === "none") {
      return [isNull];
    }
    const how =
      conditions === "order"
        ? fc.constantFrom("eq", "ne", "lt", "lte", "gt", "gte")
        : fc.constantFrom("eq", "ne");
    const alike = columns.filter((each) => JSON.stringify(each.type) === JSON.stringify(type));
    const to = fc.oneof(
      literal(type).map((value) => ({ kind: "literal", value }) as const),
      fc.constantFrom(...alike.map((each) => ({ kind: "column", name: each.name }) as const)),
    );
    const compare = fc.record({ op: fc.constant("compare"), how, column: fc.constant(name), to });
    const isIn = fc
      .array(literal(type), { minLength: 1, maxLength: 3 })
      .map((values): ConditionNode => ({ op: "isIn", column: name, values }));
    const text = fc.record({
      op: fc.constant("text"),
      how: fc.constantFrom("startsWith", "endsWith", "contains"),
      column: fc.constant(name),
      text: typedValue({ kind: "string" }).map(String),
    });
    return conditions === "text" ? [isNull, compare, isIn, text] : [isNull, compare, compare, isIn];
  });
  return fc.letrec<{ node: ConditionNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(...leaves),
      fc.record({
        op: fc.constantFrom("and", "or", "or"),
        all: fc.tuple(tie("node"), tie("node")),
      }),
      tie("node").map((of): ConditionNode => ({ op: "not", of })),
    ),
  })).node;
}

/** A contract with columns of any types and options; its key and partition column are plain. */
export const contract: Arbitrary<Table> = fc
  .array(columnType.chain(columnSpec), { minLength: 1, maxLength: columnNames.length })
  .chain((specs) => {
    const columns = specs.map((spec, i): [string, ColumnSpec] => [columnNames[i] ?? "a", spec]);
    const named = columns.map(([name, { type }]) => ({ name, type }));
    const expectation = fc.record({
      condition: conditionOver(named),
      consequence: fc.constantFrom("quarantine", "drop", "warn"),
    });
    return fc
      .record({
        unknownColumns: fc.constantFrom("ignore", "ignore", "quarantine"),
        expectations: fc.array(expectation, { maxLength: 2 }),
        computed: fc.oneof(
          { weight: 2, arbitrary: fc.constant({}) },
          { weight: 1, arbitrary: computedOver(named) },
        ),
        child: fc.option(childOver(columns), { nil: undefined }),
      })
      .map((options) => tryTable(columns, options));
  })
  .filter((table) => table !== undefined);

/** A child whose elements have some of these columns, and perhaps a key of their own. */
function childOver(columns: readonly [string, ColumnSpec][]): Arbitrary<Each> {
  const made = Object.fromEntries(columns.map(([name, spec]) => [name, new Column(spec)]));
  const key = new Column<"int32">({ type: { kind: "int32" }, nullable: false });
  return fc
    .record({
      path: fc.constantFrom("elements", "inner.elements"),
      isKeyed: fc.boolean(),
      unknownColumns: fc.constantFrom("ignore", "ignore", "quarantine"),
    })
    .map(({ path, isKeyed, unknownColumns }) =>
      each<Readonly<Record<string, Column>>>(
        path,
        { ...made, own_key: key },
        { unknownColumns, ...(isKeyed && { primaryKey: ["own_key"] }) },
      ),
    );
}

/** Computed columns: a condition, and a value by conditions. Either may be forbidden to be null. */
function computedOver(
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
): Arbitrary<Readonly<Record<string, readonly [ColumnSpec, Condition | Case]>>> {
  const condition = conditionOver(columns).map((node) => new Condition(node));
  const nullable = fc.constantFrom(true, true, false);
  const flag = fc.tuple(nullable, condition).map(([isNullable, made]) => {
    const spec: ColumnSpec = { type: { kind: "boolean" }, nullable: isNullable };
    return [spec, made] as const;
  });
  const choice = fc.constantFrom(...columns).chain(({ name, type }) => {
    const literals = definitionOf(type).conditions === "none" ? [] : [literalOf(type)];
    const value = fc.oneof(fc.constant(new Term(name)), fc.constant(null), ...literals);
    return fc
      .tuple(nullable, condition, value, condition, value, value)
      .map(([isNullable, first, one, second, other, otherwise]) => {
        const spec: ColumnSpec = { type, nullable: isNullable };
        return [spec, when(first, one).when(second, other).otherwise(otherwise)] as const;
      });
  });
  return fc.record({ flag, choice });
}

interface TableOptions {
  readonly unknownColumns: "ignore" | "quarantine";
  readonly expectations: readonly {
    condition: ConditionNode;
    consequence: "quarantine" | "drop" | "warn";
  }[];
  readonly computed?: Readonly<Record<string, readonly [ColumnSpec, Condition | Case]>>;
  readonly child?: Each | undefined;
}

/** A contract with these columns, if it is valid. */
export function tryTable(
  columns: readonly [string, ColumnSpec][],
  options: TableOptions = { unknownColumns: "ignore", expectations: [] },
): Table | undefined {
  const { computed = {}, child } = options;
  try {
    return defineTable<Readonly<Record<string, Column>>>({
      name: "t",
      columns: {
        id: new Column<"int64">({ type: { kind: "int64" }, nullable: false }),
        day: new Column<"date">({ type: { kind: "date" }, nullable: false }),
        ...Object.fromEntries(
          Object.entries(computed).map(([name, [spec]]) => [name, new Column(spec)]),
        ),
        ...Object.fromEntries(columns.map(([name, spec]) => [name, new Column(spec)])),
      },
      primaryKey: ["id"],
      partitionBy: { unit: "day", column: "day" },
      computed: () =>
        Object.fromEntries(Object.entries(computed).map(([name, [, made]]) => [name, made])),
      children: child === undefined ? {} : { child },
      unknownColumns: options.unknownColumns,
      expectations: () =>
        options.expectations.map((each, i) => ({ ...each, name: `expectation ${i}` })),
    });
  } catch (error) {
    // Two columns may read the same key, or a default may break a rule. Such a contract is invalid.
    if (error instanceof ContractError) {
      return undefined;
    }
    throw error;
  }
}

interface PathTree {
  column?: TableColumn;
  readonly members: Map<string | number, PathTree>;
}

/** A record for the contract on one line: mostly valid, with hazards. */
export function recordFor(table: Table): Arbitrary<string> {
  const record = objectFor(treeOf(table), true);
  return fc.oneof(
    { weight: 20, arbitrary: record },
    { weight: 1, arbitrary: mutated(record) },
    { weight: 1, arbitrary: lineText },
  );
}

function treeOf({ columns }: Pick<Table, "columns">): PathTree {
  const root: PathTree = { members: new Map() };
  for (const column of columns.filter(({ computed }) => computed === undefined)) {
    for (const path of pathsOfColumn(column)) {
      let at = root;
      for (const key of path) {
        const next: PathTree = at.members.get(key) ?? { members: new Map() };
        at.members.set(key, next);
        at = next;
      }
      at.column = column;
    }
  }
  return root;
}

/** Elements of a child, mostly valid. */
function elementsFor(child: Child): Arbitrary<string> {
  const element = fc.oneof(
    { weight: 30, arbitrary: objectFor(treeOf(child), false) },
    { weight: 1, arbitrary: lineText },
  );
  return fc
    .tuple(fc.array(element, { maxLength: 4 }), lineSpace)
    .map(([all, gap]) => `[${gap}${all.join(`${gap},`)}${gap}]`);
}

const escapedKey = (key: string): string =>
  key === ""
    ? '""'
    : `"\\u${key.charCodeAt(0).toString(16).padStart(4, "0")}${JSON.stringify(key.slice(1)).slice(1)}`;

function objectFor({ members }: PathTree, isRoot: boolean): Arbitrary<string> {
  const keys = [...members].filter((member): member is [string, PathTree] => {
    return typeof member[0] === "string";
  });
  const known = keys.map(([key, tree]) => {
    const value =
      isRoot && key === "id"
        ? fc.nat(9).map(String)
        : isRoot && key === "day"
          ? fc.constantFrom('"2024-02-29"', '"1969-12-31"')
          : valueFor(tree);
    const spelled = fc.oneof(
      { weight: 30, arbitrary: fc.constant(JSON.stringify(key)) },
      fc.constant(escapedKey(key)),
    );
    return fc.oneof(
      { weight: 40, arbitrary: fc.tuple(spelled, value).map((member) => [member]) },
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.tuple(spelled, value), { maxLength: 2 }) },
    );
  });
  const unknown = fc.oneof(
    { weight: 12, arbitrary: fc.constant([]) },
    fc.array(fc.tuple(stringText, lineText), { maxLength: 2 }),
  );
  return fc
    .tuple(...known, unknown)
    .chain((parts) => fc.shuffledSubarray(parts.flat(), { minLength: parts.flat().length }))
    .chain((all) =>
      fc
        .array(lineSpace, { minLength: 4, maxLength: 4 })
        .map(
          ([a, b, c, d]) =>
            `{${a}${all.map(([key, value]) => `${key}${b}:${c}${value}${d}`).join(",")}}`,
        ),
    );
}

function valueFor(tree: PathTree): Arbitrary<string> {
  const { column } = tree;
  const leaf =
    column === undefined
      ? lineText
      : column.child === undefined
        ? valueText(column)
        : fc.oneof(
            { weight: 20, arbitrary: elementsFor(column.child) },
            { weight: 1, arbitrary: lineText },
          );
  if (tree.members.size === 0) {
    return leaf;
  }
  const kinds = new Set([...tree.members.keys()].map((key) => typeof key));
  return fc.oneof(
    ...(kinds.has("string") ? [{ weight: 15, arbitrary: objectFor(tree, false) }] : []),
    ...(kinds.has("number") ? [{ weight: 15, arbitrary: arrayFor(tree) }] : []),
    { weight: 2, arbitrary: fc.constant("null") },
    { weight: 1, arbitrary: leaf },
  );
}

/** An array whose elements the paths lead to, often too short. */
function arrayFor({ members }: PathTree): Arbitrary<string> {
  const elements = [0, 1, 2].map((index) => {
    const tree = members.get(index);
    return tree === undefined ? lineText : valueFor(tree);
  });
  return fc
    .tuple(fc.tuple(...elements), fc.constantFrom(3, 3, 2, 1, 0), lineSpace)
    .map(([texts, length, gap]) => `[${gap}${texts.slice(0, length).join(`${gap},`)}${gap}]`);
}
