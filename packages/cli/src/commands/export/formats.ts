/** The formats of exports, by name. */

/** Each is the extension of its files, too. */
export const exportFormats = ["parquet", "csv", "duckdb"] as const;
export type ExportFormat = (typeof exportFormats)[number];
