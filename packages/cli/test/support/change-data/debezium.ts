/** The contract of customers: one row for each customer in the shop's database. */
import { boolean, defineTable, int64, string } from "serverless-lakehouse/contract";

export const customers = defineTable({
  name: "customers",
  description: "Customers, from the shop's database",
  columns: {
    id: int64().notNull(),
    first_name: string(),
    last_name: string(),
    email: string(),
    deleted: boolean().notNull().from("__deleted").describe("Whether the row was deleted"),
    lsn: int64().notNull().from("__source_lsn").describe("The change's position in the log"),
  },
  primaryKey: ["id"],
  orderBy: "lsn",
  deleteWhen: (row) => row.deleted.eq(true),
});
