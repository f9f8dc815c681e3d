/** Where the build of the page is. */
import { join } from "node:path";

/** Holds `live/` and `report/`. */
export const pageFolder = join(import.meta.dirname, "../../packages/page/dist");
