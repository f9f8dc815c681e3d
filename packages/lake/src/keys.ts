/** The keys of a lake: where each object is, and which object came from which. ARCHITECTURE.md shows the layout. */
import { fileFormats, findFormat, formats, tableFormats } from "@lakehouse/formats/formats";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import { InvalidKeyError } from "./errors.ts";
import { keyProblem } from "./object-rules.ts";
import type { ObjectStore, PassOver } from "./object-store.ts";
import { compareUtf8 } from "./utf8.ts";

/** The parts of a bronze object's key. */
export interface BronzeKey {
  readonly key: string;
  readonly table: string;
  /** The day of arrival in UTC, `yyyy-MM-dd`, from the folders. */
  readonly ingestDate: string;
  /** The hour of arrival in UTC, `HH`, from the folders. */
  readonly hour: string;
  /** The rest of the key after the hour's folder, with deeper folders if there are any. */
  readonly fileName: string;
  /** When it arrived in UTC, `yyyy-MM-ddTHH:mm:ss`: from a Firehose file name, otherwise the hour of the folders. */
  readonly arrival: string;
}

/** Where Firehose puts what it could not deliver, in the bronze store. Nothing processes it. */
export const undeliveredPrefix = "_errors/";

/** A partition of an incremental model. */
export interface GoldPartition {
  readonly name: string;
  readonly value: string;
}

/** Where silver-gold keeps current rows and its run record, in the gold store. */
export const statePrefix = "_state/";

/** The tasks of gold runs that are under way, and their results. */
export const taskPrefix = `${statePrefix}tasks/`;

/** Where the plans of removals of records are that are under way, in the gold store. */
export const removalPlansPrefix = `${statePrefix}forget/`;

/** Where silver-gold keeps what models need that Athena builds, in the gold store. */
export const athenaPrefix = `${statePrefix}athena/`;

/** Where Athena writes what it says of queries that build models. No model has this name. */
export const athenaResultsPrefix = `${athenaPrefix}_results/`;

/** The key of the plan by which records of a table are being removed. */
export function removalPlanKey(table: string): string {
  return `${removalPlansPrefix}${table}.json`;
}

/** Where the records of replays on a deployed queue are, in the silver store. */
export const replayPrefix = "_replay/";

/** What the keys of the report start with, in the gold store. It is no part of the lake's state. */
export const reportPrefix = "_report/";

/** The report that the gold function publishes. */
export const reportKey = `${reportPrefix}index.html`;

/** The format of current rows. */
export const currentFormat = "parquet" satisfies FileFormat;

/** Where earlier versions kept manifests, by which Athena found current rows. Runs remove them. */
export const symlinkPrefix = "_current/";

/** The partition of silver and quarantine objects: the day of arrival. */
export const arrivalPartition = "ingest_date";

const bronzePattern = /^([a-z][a-z0-9_]{0,62})\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\/(.+)$/s;
const firehosePattern =
  /^[A-Za-z0-9_.-]+-\d+-(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.[A-Za-z0-9._-]+)?$/;
const derivedPattern = new RegExp(
  `^([a-z][a-z0-9_]{0,62})/${arrivalPartition}=(\\d{4}-\\d\\d-\\d\\d)/([^/]+)$`,
);
const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const hourPattern = /^hour=(\d\d)\.(.+)$/s;
/** What the keys of all quarantine objects start with, in the silver store. */
export const quarantineRoot = "_quarantine/";
const { extension: quarantineExtension } = formats.ndjson;
const goldPattern = /^([^/]+)\/(?:[^/=]+=[^/]+\/)?data\.[^./]+$/;

/**
 * Parses a bronze object's key.
 * @param key `<table>/yyyy/MM/dd/HH/<file>`.
 * @throws InvalidKeyError if it does not have that form, its date does not exist, or no object can be made from it.
 */
export function parseBronzeKey(key: string): BronzeKey {
  const match = bronzePattern.exec(key);
  if (match === null) {
    throw new InvalidKeyError(
      key,
      "it is not the key of a bronze object",
      "Move the object to <table>/yyyy/MM/dd/HH/<file> (UTC), the table's name in lower case.",
    );
  }
  const [, table = "", year, month, day, hour = "", fileName = ""] = match;
  const ingestDate = `${year}-${month}-${day}`;
  if (!dateExists(ingestDate) || Number(hour) > 23) {
    throw new InvalidKeyError(
      key,
      `the hour ${ingestDate}T${hour} does not exist`,
      "Move the object to the folder yyyy/MM/dd/HH of its arrival (UTC).",
    );
  }
  const problem = keyProblem(shortestSilverKey({ table, ingestDate, hour, fileName }));
  if (problem !== undefined) {
    throw withoutSilver(key, problem);
  }
  const arrival = firehoseTime(baseName(fileName)) ?? `${ingestDate}T${hour}:00:00`;
  return { key, table, ingestDate, hour, fileName, arrival };
}

/**
 * The key of a bronze object's silver object. It is different for every bronze key.
 * @throws InvalidKeyError if it is not the key of a bronze object.
 */
export function silverKey(bronzeKey: string, format: FileFormat): string {
  return `${derivedName(bronzeKey)}${tableFormats[format].extension}`;
}

/**
 * The keys that a bronze object's silver object can have, one for each format.
 * @throws InvalidKeyError if it is not the key of a bronze object.
 */
export function silverKeys(bronzeKey: string): readonly string[] {
  return fileFormats.map((format) => silverKey(bronzeKey, format));
}

/**
 * The key of the object with a bronze object's refused records.
 * @throws InvalidKeyError if it is not the key of a bronze object.
 */
export function quarantineKey(bronzeKey: string): string {
  return `${quarantineRoot}${derivedName(bronzeKey)}${quarantineExtension}`;
}

/**
 * The key of the bronze object that a silver object came from.
 * @throws InvalidKeyError if `silverKey` never returns this key.
 */
export function bronzeKeyOfSilver(key: string): string {
  return sourceOfSilver(key).key;
}

/**
 * The parts of the key of the bronze object that a silver object came from.
 * @throws InvalidKeyError if `silverKey` never returns this key.
 */
function sourceOfSilver(key: string): BronzeKey {
  const format = findFormat(key);
  const bronzeKey =
    format === undefined
      ? undefined
      : bronzeKeyOf(key.slice(0, -tableFormats[format].extension.length));
  if (bronzeKey === undefined) {
    throw new InvalidKeyError(
      key,
      "it is not the key of a silver object",
      "Only bronze-silver writes here. Move the object out of the silver layer.",
    );
  }
  return bronzeKey;
}

/** What the keys of a table's silver start with from a day on. @param day `yyyy-MM-dd`. */
export function silverPrefixOfDay(table: string, day: string): string {
  return `${silverPrefix(table)}${arrivalPartition}=${day}`;
}

/** The day of arrival in the key of a silver object, `yyyy-MM-dd`; empty for other keys. */
export function dayOfSilver(key: string): string {
  return derivedPattern.exec(key)?.[2] ?? "";
}

/**
 * The parts of the key of the bronze object that a silver object came from; undefined if `silverKey` never returns this key.
 *
 * @param passOver Receives the reason.
 */
export function findSource(key: string, passOver?: PassOver): BronzeKey | undefined {
  return accepted(() => sourceOfSilver(key), passOver);
}

/**
 * The key of the bronze object that the records of a quarantine object came from.
 * @throws InvalidKeyError if `quarantineKey` never returns this key.
 */
export function bronzeKeyOfQuarantine(key: string): string {
  const bronzeKey =
    key.startsWith(quarantineRoot) && key.endsWith(quarantineExtension)
      ? bronzeKeyOf(key.slice(quarantineRoot.length, -quarantineExtension.length))
      : undefined;
  if (bronzeKey === undefined) {
    throw new InvalidKeyError(
      key,
      "it is not the key of a quarantine object",
      "Only bronze-silver writes here. Move the object out of the quarantine.",
    );
  }
  return bronzeKey.key;
}

/** What the keys of a table's bronze objects start with. */
export function bronzePrefix(table: string): string {
  return `${table}/`;
}

/** What the keys of a table's silver objects start with. */
export function silverPrefix(table: string): string {
  return `${table}/`;
}

/** What the keys of a table's quarantine objects start with. */
export function quarantinePrefix(table: string): string {
  return `${quarantineRoot}${table}/`;
}

/** The key of a model's data, or of one partition of it. */
export function goldKey(model: string, format: FileFormat, partition?: GoldPartition): string {
  const folder =
    partition === undefined ? "" : `/${partition.name}=${escapeSegment(partition.value)}`;
  return `${model}${folder}/data${tableFormats[format].extension}`;
}

/** The model whose data has this key, whole or one partition; undefined if `goldKey` never returns this key. */
export function modelOfGoldKey(key: string): string | undefined {
  return findFormat(key) === undefined ? undefined : goldPattern.exec(key)?.[1];
}

/**
 * Finds out whether a bronze object can be processed: whether the silver store can hold its rows, in any format, and its
 * refused records.
 *
 * @param silver The silver store.
 * @param passOver Receives the reason if not.
 * @throws InvalidKeyError if it is not the key of a bronze object.
 */
export function isProcessable(
  silver: Pick<ObjectStore, "keyProblem">,
  bronzeKey: string,
  passOver: PassOver,
): boolean {
  for (const key of [...silverKeys(bronzeKey), quarantineKey(bronzeKey)]) {
    const problem = silver.keyProblem(key);
    if (problem !== undefined) {
      passOver(withoutSilver(bronzeKey, problem));
      return false;
    }
  }
  return true;
}

function withoutSilver(bronzeKey: string, problem: string): InvalidKeyError {
  return new InvalidKeyError(
    bronzeKey,
    `its silver object can't have a key: ${problem}`,
    "Give the object another name, or a shorter one.",
  );
}

/** Compares by arrival: by time, then by key (UTF-8 bytes). For `sort`. */
export function compareArrival(a: BronzeKey, b: BronzeKey): number {
  return compareUtf8(a.arrival, b.arrival) || compareUtf8(a.key, b.key);
}

/**
 * `<table>/ingest_date=yyyy-MM-dd/<name>`, without extension. A Firehose name contains its hour, so it stays as it is.
 * Any other name is prefixed with the hour, because two hours may have the same name. `bronzeKeyOf` reverses it.
 */
function derivedName(bronzeKey: string): string {
  return derivedNameOf(parseBronzeKey(bronzeKey));
}

type NameParts = Pick<BronzeKey, "table" | "ingestDate" | "hour" | "fileName">;

function shortestSilverKey(parts: NameParts): string {
  return `${derivedNameOf(parts)}${tableFormats.csv.extension}`;
}

function derivedNameOf({ table, ingestDate, hour, fileName }: NameParts): string {
  const ownHour = firehoseTime(fileName)?.startsWith(`${ingestDate}T${hour}:`) === true;
  const name = ownHour ? fileName : `hour=${hour}.${escapeSegment(fileName)}`;
  return `${table}/${arrivalPartition}=${ingestDate}/${name}`;
}

function bronzeKeyOf(derived: string): BronzeKey | undefined {
  const [, table, date, name = ""] = derivedPattern.exec(derived) ?? [];
  const time = firehoseTime(name);
  const [, hour = time?.slice(11, 13), escaped] = hourPattern.exec(name) ?? [];
  const fileName = escaped === undefined ? name : unescapeSegment(escaped);
  const bronzeKey = `${table}/${date?.replaceAll("-", "/")}/${hour}/${fileName}`;
  // A name that `derivedName` did not make must not be mistaken for one.
  const parsed = accepted(() => parseBronzeKey(bronzeKey));
  return parsed !== undefined && derivedNameOf(parsed) === derived ? parsed : undefined;
}

/** Whether `parseBronzeKey` accepts the key. @param passOver Receives the reason if not. */
export function isBronzeKey(key: string, passOver?: PassOver): boolean {
  return accepted(() => parseBronzeKey(key), passOver) !== undefined;
}

function accepted<T>(parse: () => T, passOver: PassOver = () => {}): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidKeyError)) {
      throw error;
    }
    passOver(error);
    return undefined;
  }
}

/** The time in a Firehose file name, `yyyy-MM-ddTHH:mm:ss`; undefined for any other name. */
function firehoseTime(fileName: string): string | undefined {
  const [, date = "", hour, minute, second] = firehosePattern.exec(fileName) ?? [];
  const exists =
    dateExists(date) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  return exists ? `${date}T${hour}:${minute}:${second}` : undefined;
}

/** @param date `yyyy-MM-dd`, or empty. Asked for every key of a listing, and `Date` takes ten times as long. */
function dateExists(date: string): boolean {
  const [year = Number.NaN, month = 0, day = 0] = date.split("-").map(Number);
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 && isLeapYear ? 29 : (daysOfMonths[month - 1] ?? 0);
  return day >= 1 && day <= last;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function escapeSegment(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("/", "%2F");
}

function unescapeSegment(text: string): string {
  return text.replaceAll("%2F", "/").replaceAll("%25", "%");
}
