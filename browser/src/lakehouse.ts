/** Runs the bundled command. */
import { join } from "node:path";
import { execa } from "execa";

const packages = join(import.meta.dirname, "../../packages");

/** A server that `lakehouse ui` started. */
export interface LiveLake {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Which bundle: the one with the product's own test tables, or the one with the user's. */
export type Bundle = "dist-testing" | "dist";

/** Runs a command to its end. @throws If it fails. */
export async function lakehouse(bundle: Bundle, lake: string, args: readonly string[]) {
  await execa(process.execPath, [programOf(bundle), "--lake", lake, ...args]);
}

/** Starts `lakehouse ui` over a lake, on a free port. @throws If it does not start. */
export async function serveLake(bundle: Bundle, lake: string): Promise<LiveLake> {
  const server = execa(process.execPath, [programOf(bundle), "--lake", lake, "ui"], {
    reject: false,
  });
  const url = await new Promise<string | undefined>((resolve) => {
    server.stdout.on("data", (text: unknown) => {
      const address = /http:\/\/\S+/.exec(String(text))?.[0];
      if (address !== undefined) {
        resolve(address);
      }
    });
    server.stdout.on("end", () => resolve(undefined));
  });
  if (url === undefined) {
    throw new Error(`lakehouse ui did not start: ${(await server).stderr}`);
  }
  return {
    url,
    close: async () => {
      server.kill("SIGINT");
      await server;
    },
  };
}

function programOf(bundle: Bundle): string {
  return join(packages, "cli", bundle, "lakehouse.mjs");
}
