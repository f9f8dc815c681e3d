/** An app that sends three orders to the lake of LAKEHOUSE_LAKE, and ends as its argument says. */
import { int64 } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { producer } from "../../src/producer.ts";

const orders = defineTable({ name: "orders", columns: { id: int64().notNull() } });
const sender = producer(orders, { closeOn: ["SIGTERM"], lingerMilliseconds: 300 });
for (const id of [1, 2, 3]) {
  await sender.send({ id });
}
if (process.argv[2] === "exit") {
  process.exit(7);
}
if (process.argv[2] === "sigterm") {
  process.kill(process.pid, "SIGTERM");
}
