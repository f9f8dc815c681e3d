/** What native code needs of the system that loads it, as binutils' readelf tells. */
import { open } from "node:fs/promises";
import { execa } from "execa";
import { ReadelfMissingError } from "./errors.ts";

/** An ELF file's demands. */
export interface Elf {
  /** As readelf calls it: `AArch64`, `Advanced Micro Devices X86-64`. */
  readonly machine: string;
  /** The libraries that it loads, by their names. */
  readonly libraries: readonly string[];
  /** The symbol versions that it needs of them, as `GLIBC_2.34`. */
  readonly versions: readonly string[];
}

const magic = "\u007fELF";

/**
 * @returns undefined for a file that is no ELF.
 * @throws ReadelfMissingError where binutils isn't installed; Error for an ELF that is damaged.
 */
export async function readElf(file: string): Promise<Elf | undefined> {
  if ((await beginningOf(file, magic.length)) !== magic) {
    return undefined;
  }
  const { stdout, stderr, exitCode, code } = await execa(
    "readelf",
    ["--wide", "--file-header", "--dynamic", "--version-info", file],
    { reject: false, env: { LC_ALL: "C" }, maxBuffer: 256 * 1024 * 1024, timeout: 60_000 },
  );
  if (code === "ENOENT") {
    throw new ReadelfMissingError();
  }
  const machine = /^\s*Machine:\s*(.+)$/m.exec(stdout)?.[1]?.trim();
  if (exitCode !== 0 || machine === undefined) {
    throw new Error(`readelf can't read ${file}: ${stderr}`);
  }
  // Only the section of needed versions: a library that defines versions lists them before.
  const needs = stdout.slice(stdout.indexOf("Version needs section"));
  return {
    machine,
    libraries: [...stdout.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].map(first),
    versions: stdout.includes("Version needs section")
      ? [...new Set([...needs.matchAll(/Name: ([A-Za-z]+_[\d.]+)\s/g)].map(first))]
      : [],
  };
}

function first(match: RegExpExecArray): string {
  return match[1] ?? "";
}

async function beginningOf(file: string, length: number): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
