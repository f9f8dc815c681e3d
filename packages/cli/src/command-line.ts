/** Names the commands in messages so that they run on the same lake when they are pasted. */
import { commandPrefix } from "@lakehouse/transforms/project";

/** The commands that messages name. */
export const commandNames = [
  "start",
  "ingest",
  "generate",
  "silver",
  "gold",
  "audit",
  "status",
  "ui",
  "report",
  "query",
  "export",
  "tables",
  "history",
  "quarantine",
  "drift",
  "replay",
  "plan",
  "apply",
  "forget",
  "check",
  "test",
  "describe",
  "schema",
  "init",
  "try",
  "dev",
] as const;

const command = new RegExp(
  `(?<![\\w./-])(?:npm run -s )?lakehouse (?:-- )?(?=(?:${commandNames.join("|")})\\b)`,
  "g",
);

/** The options that say which lake a command works on. */
interface LakeOptions {
  readonly lake?: string;
  readonly env?: string;
}

/** What a user types before a command's name to run it on the same lake. */
export function commandLineOf({ lake, env }: LakeOptions): string {
  const words = [
    ...(lake === undefined ? [] : ["--lake", lake]),
    ...(env === undefined ? [] : ["--env", env]),
  ].map(quoted);
  return [commandPrefix, ...words].join(" ");
}

/**
 * Completes the commands in one of our own sentences: `lakehouse gold` becomes
 * `npm run -s lakehouse -- --env dev gold`.
 *
 * @param commandLine What `commandLineOf` returns.
 */
export function onThisLake(sentence: string, commandLine: string): string {
  return sentence.replace(command, () => `${commandLine} `);
}

/** A word as a shell reads it. Only single quotes keep `$`, and cmd.exe on Windows knows only double quotes. */
export function quoted(word: string): string {
  if (/^[\w./:@+-]+$/.test(word)) {
    return word;
  }
  return /["$`!]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}
