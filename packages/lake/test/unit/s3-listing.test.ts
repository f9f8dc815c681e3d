/** S3's listing: a key that can't be decoded hides no other. */
import { expect, test } from "vitest";
import type { InvalidKeyError } from "../../src/errors.ts";
import { S3Store } from "../../src/s3-store.ts";
import { answeringS3 } from "../support/answering-s3.ts";

const keys = ["a/%FF.gz", "a/b+c%2B%0A.gz"];
const client = await answeringS3(() => {
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`);
  return `<ListBucketResult><EncodingType>url</EncodingType>${contents.join("")}</ListBucketResult>`;
});
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
