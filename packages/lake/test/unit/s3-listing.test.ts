/** S3's listing: a key that can't be decoded hides no other. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import type { InvalidKeyError } from "../../src/errors.ts";
import { S3Store } from "../../src/s3-store.ts";

const keys = ["a/%FF.gz", "a/b+c%2B%0A.gz"];
const server = createServer((_, response) => {
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`);
  response.setHeader("Content-Type", "application/xml");
  response.end(
    `<ListBucketResult><EncodingType>url</EncodingType>${contents.join("")}</ListBucketResult>`,
  );
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
afterAll(() => server.close());
const client = new S3Client({
  region: "us-east-1",
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  forcePathStyle: true,
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
});
afterAll(() => client.destroy());
const store = new S3Store(client, "bronze");

test("is passed over", async () => {
  const strays: string[] = [];
  const passOver = ({ key }: InvalidKeyError): void => void strays.push(key);
  const listed = await Array.fromAsync(store.list("a/", passOver));
  expect(listed.map(({ key }) => key)).toEqual(["a/b c+\n.gz"]);
  expect(strays).toEqual(["s3://bronze/a/%FF.gz"]);
});

test("is an error, after all objects, for a caller that does not pass over it", async () => {
  const listed: string[] = [];
  const list = async (): Promise<void> => {
    for await (const { key } of store.list("a/")) {
      listed.push(key);
    }
  };
  await expect(list()).rejects.toMatchObject({ code: "INVALID_KEY", key: "s3://bronze/a/%FF.gz" });
  expect(listed).toEqual(["a/b c+\n.gz"]);
});
