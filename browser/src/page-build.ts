/** Where the build of the page is. */
import { join } from "node:path";

const dist = join(import.meta.dirname, "../../packages/page/dist");

/** What a server sends. */
export const liveFolder = join(dist, "live");
/** What a report contains. */
export const reportFolder = join(dist, "report");
