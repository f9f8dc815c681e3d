/** The command that assembles an image's files, and says how large they are. */
import { parseArgs } from "node:util";
import { assemble } from "./assemble.ts";
import { runCommand } from "./command.ts";
import { UsageError } from "./errors.ts";
import { type FunctionName, functionNames } from "./functions.ts";
import { images, type Platform, platforms } from "./images.ts";
import { sizesOf, totalMib } from "./measure.ts";

const help = `Puts the files of a function's image into a folder, as the image has them in /var/task.

Usage: node docker/src/assemble-command.ts --function NAME --platform PLATFORM --output FOLDER

  --function   ${functionNames.join(" or ")}
  --platform   ${Object.keys(platforms).join(" or ")}
  --output     a folder to make; it must not exist
  --help       this

The bundles must be there ("npm run build"). SOURCE_DATE_EPOCH sets the time of the files (seconds since 1970).

Example:
  node scripts/toolchain.mjs node docker/src/assemble-command.ts \\
    --function silver-gold --platform linux/arm64 --output /tmp/silver-gold
`;

interface Arguments {
  readonly name: FunctionName;
  readonly platform: Platform;
  readonly output: string;
}

function argumentsOf(args: string[]): Arguments {
  const values = parse(args);
  return {
    name: choice("--function", values.function, functionNames),
    platform: choice("--platform", values.platform, Object.keys(platforms) as Platform[]),
    output: values.output ?? missing("--output", "a folder"),
  };
}

function parse(args: string[]) {
  const option = { type: "string" } as const;
  try {
    return parseArgs({ args, options: { function: option, platform: option, output: option } })
      .values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error} See --help.`);
  }
}

function choice<Value extends string>(
  option: string,
  given: string | undefined,
  values: readonly Value[],
): Value {
  return values.find((value) => value === given) ?? missing(option, values.join(" or "));
}

function missing(option: string, wanted: string): never {
  throw new UsageError(`${option} must be ${wanted}. See --help.`);
}

await runCommand(help, async (args) => {
  const { name, platform, output } = argumentsOf(args);
  const sourceDateEpoch = Number(process.env["SOURCE_DATE_EPOCH"] ?? 0);
  await assemble(name, platform, output, { sourceDateEpoch });
  const sizes = await sizesOf(output);
  const size = totalMib(sizes).toFixed(1);
  process.stdout.write(
    `${name} for ${platform}: ${size} MiB in ${sizes.size} files (limit ${images[name].limitMib} MiB)\n`,
  );
});
