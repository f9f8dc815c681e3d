/** What images are held to: the platforms that they are made for, what each holds, and how large it may be. */
import type { FunctionName } from "./functions.ts";

/** The platforms of Lambda, by their names in Docker. */
export const platforms = {
  "linux/amd64": { cpu: "x64", machine: "Advanced Micro Devices X86-64" },
  "linux/arm64": { cpu: "arm64", machine: "AArch64" },
} as const;
export type Platform = keyof typeof platforms;

/** The newest versions that Amazon Linux 2023, the system of Lambda's base image, has. */
export const systemLibraries = { GLIBC: "2.34", GLIBCXX: "3.4.29" } as const;

interface Image {
  /** What the bundle leaves out: packages with native code, which are put beside it with all that they need. */
  readonly packages: readonly string[];
  /** How large its files may be together, unpacked, MiB. A cold start reads them. */
  readonly limitMib: number;
}

export const images: Readonly<Record<FunctionName, Image>> = {
  "bronze-silver": { packages: ["nodejs-polars"], limitMib: 125 },
  "silver-gold": { packages: ["nodejs-polars", "@duckdb/node-api"], limitMib: 200 },
};
