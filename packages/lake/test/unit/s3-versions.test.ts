/** Earlier versions go page by page, the latest stay, and those under Object Lock are counted. */
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { S3Store } from "../../src/s3-store.ts";
import { answeringS3 } from "../support/answering-s3.ts";

const removed: string[] = [];
const version = (key: string, id: string, isLatest: boolean): string =>
  `<Version><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${isLatest}</IsLatest></Version>`;
const client = await answeringS3(async (request) => {
  const url = new URL(request.url ?? "", "http://localhost");
  if (request.method === "GET") {
    return url.searchParams.get("key-marker") === null
      ? `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>${version("a", "3", true)}${version("a", "2", false)}</ListVersionsResult>`
      : `<ListVersionsResult><IsTruncated>false</IsTruncated>${version("a", "locked", false)}<DeleteMarker><Key>b</Key><VersionId>5</VersionId><IsLatest>true</IsLatest></DeleteMarker>${version("b", "4", false)}</ListVersionsResult>`;
  }
  const body = await text(request);
  const ids = [...body.matchAll(/<VersionId>([^<]*)<\/VersionId>/g)].map(([, id = ""]) => id);
  removed.push(...ids.filter((id) => id !== "locked"));
  return ids.includes("locked")
    ? "<DeleteResult><Error><Key>a</Key><VersionId>locked</VersionId><Code>AccessDenied</Code></Error></DeleteResult>"
    : "<DeleteResult></DeleteResult>";
});

test("earlier versions are removed, and nothing else", async () => {
  const store = new S3Store(client, "gold");
  expect(await store.removeEarlierVersions("")).toEqual({ removed: 2, locked: 1 });
  expect(removed).toEqual(["2", "4"]);
});

test("versions of a key that XML can't represent are removed on their own", async () => {
  const calls: string[] = [];
  const client = await answeringS3(async (request) => {
    const url = new URL(request.url ?? "", "http://localhost");
    if (request.method === "GET") {
      const encoded = url.searchParams.get("encoding-type") === "url";
      // XML turns a carriage return into a line feed.
      const versions =
        version(encoded ? "a%0D+%2B" : "a\r +", "1", false) + version("b", "2", false);
      return `<ListVersionsResult>${encoded ? "<EncodingType>url</EncodingType>" : ""}<IsTruncated>false</IsTruncated>${versions}</ListVersionsResult>`;
    }
    const keys = [...(await text(request)).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
    calls.push(
      `${request.method} ${decodeURIComponent(url.pathname)} ${url.searchParams.get("versionId")} ${keys}`,
    );
    return "<DeleteResult></DeleteResult>";
  });
  const store = new S3Store(client, "bronze");
  expect(await store.removeEarlierVersions("")).toEqual({ removed: 2, locked: 0 });
  expect(calls).toEqual(["POST /bronze/ null b", "DELETE /bronze/a\r + 1 "]);
});

test("an object whose key only begins like another keeps its earlier versions", async () => {
  removed.splice(0);
  const store = new S3Store(client, "bronze");
  expect(await store.removeEarlierVersions("b")).toEqual({ removed: 1, locked: 0 });
  expect(removed).toEqual(["4"]);
});
