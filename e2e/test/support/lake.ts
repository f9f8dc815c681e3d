/** Compares the deployed lake with the expected result. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from "@aws-sdk/client-s3";
import { parse } from "csv-parse/sync";
import { expect } from "vitest";
import { type BronzeObject, type Expected, expectedOf, type Row } from "../../src/reference.ts";
import type { System } from "../../src/system.ts";

interface Problem {
  readonly kind: string;
  readonly object: string;
  readonly message: string;
}

/** The output of `lakehouse audit`. */
export interface Audit {
  readonly ok: boolean;
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dropped: number;
  readonly currentRows: number;
  readonly problems: readonly Problem[];
}

/** The output of `lakehouse status`. */
export interface Status {
  readonly layers: readonly {
    readonly layer: string;
    readonly name: string;
    readonly objects: number;
  }[];
  readonly backlog: number;
  readonly lastRun: { readonly newObjects: number; readonly published: boolean } | null;
}

export async function keysIn(s3: S3Client, bucket: string, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix },
  )) {
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  }
  return keys;
}

export async function textOf(s3: S3Client, bucket: string, key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? "";
}

export async function put(s3: S3Client, bucket: string, key: string, text: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
}

/** Removes every version of every object. */
export async function emptyBucket(s3: S3Client, bucket: string): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket }),
  );
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
  }
}

/** All objects of orders in bronze. */
export async function ordersInBronze({ s3, lake }: System): Promise<BronzeObject[]> {
  const { bronze } = lake.buckets;
  const keys = await keysIn(s3, bronze, "orders/");
  return await Promise.all(keys.map(async (key) => ({ key, text: await textOf(s3, bronze, key) })));
}

/** Rows of a query, every value as a string. */
export async function query({ lakehouse }: System, sql: string): Promise<readonly Row[]> {
  const { result } = await lakehouse.run<{ readonly rows: readonly Row[] }>(["query", sql]);
  return result.rows;
}

export async function audit({ lakehouse }: System): Promise<Audit> {
  const { result } = await lakehouse.run<Audit>(["audit"], [0, 1]);
  return result;
}

/**
 * Checks the whole lake against bronze: the audit finds no problem, and the published gold is right to the cent.
 *
 * @returns The expected result for the orders.
 */
export async function expectExactGold(system: System): Promise<Expected> {
  const { s3, lake } = system;
  const expected = expectedOf(await ordersInBronze(system));
  const found = await audit(system);
  expect(found.problems).toEqual([]);
  expect(found.ok).toBe(true);
  expect(found.records).toBe(found.rows + found.quarantined + found.dropped);
  for (const [model, rows] of modelsOf(expected)) {
    const published = await textOf(s3, lake.buckets.gold, `${model}/data.csv`);
    expect(parse(published, { columns: true }), `${model}, published`).toEqual(rows);
  }
  return expected;
}

/** Checks the results of `lakehouse query`. */
export async function expectExactQueries(system: System, expected: Expected): Promise<void> {
  for (const [model, rows] of modelsOf(expected)) {
    const [key = "", ...others] = Object.keys(rows[0] ?? {});
    const columns = [key, ...others].map((name) => `${name}::varchar as ${name}`);
    const sql = `select ${columns} from ${model} order by ${model}.${key}`;
    expect(await query(system, sql), model).toEqual(rows);
  }
  const [current] = await query(system, "select count(*)::varchar as rows from orders");
  expect(current).toEqual({ rows: `${expected.currentRows}` });
}

function modelsOf({ customerSummary, dailySales }: Expected) {
  return [
    ["customer_summary", customerSummary],
    ["daily_sales", dailySales],
  ] as const;
}
