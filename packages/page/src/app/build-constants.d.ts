/** Constants that the build replaces (src/build.ts). */

/** Whether this is the build for reports, which has no server and no SQL. */
declare const IS_REPORT: boolean;
