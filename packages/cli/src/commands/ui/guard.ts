/** Keeps web sites in the user's browser, and names that they point at this machine, away from the lake. */
import type { MiddlewareHandler } from "hono";

/**
 * What a browser may do with any answer. Nothing comes from another host, nothing runs that is not a file of the page, and no other
 * page can frame it or read it.
 */
export const headers: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Adds the headers to every answer, also to errors. */
export const secured: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(headers)) {
    context.res.headers.set(name, value);
  }
};

/**
 * Refuses a request unless it is for a name of this machine's own, and from the page itself or from the address bar.
 *
 * A web site can make the user's browser send requests here, and its own name can lead here (DNS rebinding). The browser says in
 * `Origin` and `Sec-Fetch-Site` where a request comes from, and in `Host` which name it used.
 *
 * @param port The port that the server listens on.
 */
export function guarded(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host");
    const hosts = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port()}`);
    const origin = context.req.header("origin");
    const site = context.req.header("sec-fetch-site");
    const isOwnHost = host !== undefined && hosts.includes(host.toLowerCase());
    const isOwnOrigin = origin === undefined || origin.toLowerCase() === `http://${host}`;
    const isOwnSite = site === undefined || site === "same-origin" || site === "none";
    if (!isOwnHost || !isOwnOrigin || !isOwnSite) {
      return context.text("This page answers only itself, at its own address.\n", 403);
    }
    return await next();
  };
}
