/** The contract of leads: one row for each lead in the sales database. */
import { defineTable, int64, string, timestamp } from "serverless-lakehouse/contract";

export const leads = defineTable({
  name: "leads",
  description: "Leads, from the sales database",
  columns: {
    id: int64().notNull().from("data", "id"),
    name: string().from("data", "name"),
    lead_status: string().from("data", "lead_status"),
    operation: string()
      .notNull()
      .from("metadata", "operation")
      .accepts("load", "insert", "update", "delete"),
    changed_at: timestamp().notNull().from("metadata", "timestamp"),
  },
  primaryKey: ["id"],
  orderBy: "changed_at",
  deleteWhen: (row) => row.operation.eq("delete"),
});
