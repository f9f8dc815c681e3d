/** A client of an S3 that gives every request the same kind of answer. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { afterAll } from "vitest";

/**
 * Starts the server, until the test file ends.
 *
 * @param answer Returns the XML for a request.
 */
export async function answeringS3(
  answer: (request: IncomingMessage) => string | Promise<string>,
): Promise<S3Client> {
  const server = createServer(async (request, response) => {
    const xml = await answer(request);
    response.setHeader("Content-Type", "application/xml");
    response.end(xml);
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
  return client;
}
