/** Which of Firehose's refusals are retried. */
import { type FirehoseClient, FirehoseServiceException } from "@aws-sdk/client-firehose";
import { expect, test } from "vitest";
import { FirehoseSender } from "../../src/delivery/firehose-sender.ts";

test.each([
  ["ThrottlingException", 3],
  ["LimitExceededException", 3],
  ["ResourceNotFoundException", 1],
  ["AccessDeniedException", 1],
])("a request that is refused with 400 and %s is sent %i times", async (name, times) => {
  const requests: unknown[] = [];
  const client = {
    send: (command: unknown) => {
      requests.push(command);
      const $metadata = { httpStatusCode: 400 };
      const error = { name, message: "Rate exceeded", $fault: "client", $metadata } as const;
      return Promise.reject(new FirehoseServiceException(error));
    },
  } as unknown as FirehoseClient;
  const sender = new FirehoseSender(client, "orders", { retries: 2, firstDelay: 0 });
  const record = { bytes: Buffer.from("{}"), line: 1 };
  expect(await sender.send([{ records: [record], byteLength: 2 }])).toMatchObject({
    records: [record],
    reason: `${name}: Rate exceeded`,
  });
  expect(requests).toHaveLength(times);
});
