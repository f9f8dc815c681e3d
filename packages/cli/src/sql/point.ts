/** A point in the history of tables, as users write it: a version, or a time. */
import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { TableHistory, TableVersion } from "@lakehouse/silver-gold/versions";
import { UsageError } from "../errors.ts";

/** A version of one table, or a time at which each table had a version. */
export type Point =
  | { readonly kind: "version"; readonly version: number }
  /** In milliseconds since 1970. `text` is what the user wrote. */
  | { readonly kind: "time"; readonly at: number; readonly text: string };

const timePattern =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** Parses the value of `--at`. */
export function parsePoint(text: string): Point {
  if (/^\d{1,15}$/.test(text)) {
    return { kind: "version", version: Number(text) };
  }
  const [, date = "", time = "00:00", zone = "Z"] = timePattern.exec(text) ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
  const offset = zone
    .toUpperCase()
    .replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = "00") => [hours, minutes].join(":"));
  const at = Date.parse(`${date}T${time}${offset}`);
  if (!isDay || Number.isNaN(at)) {
    throw new InvalidArgumentError(
      "Give a version, such as 12, or a time, such as 2026-11-01, 2026-11-01T06:00 or 2026-11-01T06:00:00+01:00.",
    );
  }
  if (at > Date.now()) {
    throw new InvalidArgumentError("That time has not come yet.");
  }
  return { kind: "time", at, text };
}

/**
 * The version that a table has at a point.
 *
 * @throws UsageError that names the versions that are kept, if it is not one of them.
 */
export function versionAt({ name, versions }: TableHistory, point: Point): TableVersion {
  const first = versions.at(0);
  const last = versions.at(-1);
  if (first === undefined || last === undefined) {
    throw withoutVersions(name);
  }
  const found =
    point.kind === "version"
      ? versions.find(({ version }) => version === point.version)
      : versions.findLast(({ at }) => at <= point.at);
  if (found !== undefined) {
    return found;
  }
  const isExpired = first.version > 0 && (point.kind === "time" || point.version < first.version);
  const wanted = point.kind === "version" ? `version ${point.version}` : `version at ${point.text}`;
  const kept =
    first === last
      ? `Its only version is ${shown(first)}`
      : `Its kept versions are ${shown(first)} to ${shown(last)}`;
  throw new UsageError(
    isExpired ? `The ${wanted} of ${name} is no longer kept` : `Table ${name} has no ${wanted}`,
    `${kept}. To list them: lakehouse history ${name}.`,
  );
}

/** The error for a table that no run has published as an open table. */
export function withoutVersions(what: string): UsageError {
  return new UsageError(`${what} has no versions yet`, "Run lakehouse gold.");
}

function shown({ version, at }: TableVersion): string {
  return `${version} (${new Date(at).toISOString()})`;
}
