// Starts a program of a lake of one's own. Earlier versions of Node can run this file, to say that they are too old.

/** The version of Node that the framework runs on. */
const major = 24;

/** @param {"lakehouse" | "lakehouse-aws"} bin what was called */
export async function start(bin) {
  if (Number(process.versions.node.split(".")[0]) < major) {
    process.stderr.write(
      `error: ${bin} needs Node ${major} or later, and this is ${process.version}.\n` +
        `hint: Install Node ${major} (https://nodejs.org), then run npm install again: npm leaves out what an old Node can't load.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const { runProgram } = await import("./run-program.mjs");
  await runProgram(bin, process.argv.slice(2));
}
