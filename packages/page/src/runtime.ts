/** The environment of the page's build. */

/** Builds for production, whatever the caller's NODE_ENV is: Vite follows it, and the page's bytes must not. */
export function buildForProduction(): void {
  process.env["NODE_ENV"] = "production";
}
