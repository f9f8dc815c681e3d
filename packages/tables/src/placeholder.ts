/** PLACEHOLDER (with placeholder.sql) until @lakehouse/tables exists: delete both. */
import sql from "./placeholder.sql";

export const placeholder = sql.trim();
