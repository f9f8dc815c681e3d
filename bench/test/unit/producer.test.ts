/** What joining saves is a property of the requests, not of the machine. */
import { expect, test } from "vitest";
import { measureSending } from "../../src/producer/producer.ts";

test("the producer joins small records, and so pays a fraction of one record a call", async () => {
  const [single, batches, , producer] = await measureSending(100, 20);
  expect(single).toMatchObject({ way: "one record a call", calls: 1_000_000, billedMb: 5_120 });
  expect(batches).toMatchObject({ calls: 10_000, billedMb: 5_120 });
  expect(producer?.way).toBe("producer");
  expect(producer?.calls).toBe(10_000);
  expect(producer?.billedMb).toBe(153.6);
});
