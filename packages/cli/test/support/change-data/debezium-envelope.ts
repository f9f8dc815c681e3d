/** The contract of customers: one row for each customer in the shop's database. */
import { defineTable, int64, string, timestamp } from "serverless-lakehouse/contract";

export const customers = defineTable({
  name: "customers",
  description: "Customers, from the shop's database",
  columns: {
    id: int64().notNull().from("after.id", "before.id"),
    first_name: string().from("after.first_name"),
    last_name: string().from("after.last_name"),
    email: string().from("after.email"),
    operation: string()
      .notNull()
      .from("op")
      .map({ c: "create", r: "read", u: "update", d: "delete" })
      .accepts("create", "read", "update", "delete"),
    changed_at: timestamp().notNull().from("ts_ms").epoch("ms"),
    lsn: int64().notNull().from("source.lsn").describe("The change's position in the log"),
  },
  primaryKey: ["id"],
  orderBy: "lsn",
  deleteWhen: (row) => row.operation.eq("delete"),
});
