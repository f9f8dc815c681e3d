/** The mistakes that the bundler found in the tables' folders. The catalog leaves these files out. */
import { mistakes as found } from "tables:mistakes";
import type { TableMistake } from "./table-mistake.ts";

/** Files of the tables' folders that can't be used. Empty in a bundle that must hold all tables. */
export const mistakes: readonly TableMistake[] = found;
