/** The images of the functions, and the digest of each. */
import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type FunctionName, functionNames } from "@lakehouse/lake/functions";
import type { StateResource } from "./terraform.ts";

/** A digest for each image: `sha256:…`. */
export type Digests = Readonly<Record<FunctionName, string>>;

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** A placeholder for a missing image, in a plan that is never applied. */
export const noDigest = `sha256:${"0".repeat(64)}`;

/** The variables of the lakehouse stack that pin its images. */
export function imageVariables(
  registry: string,
  digestOf: (image: FunctionName) => string,
): Record<string, string> {
  return Object.fromEntries(
    functionNames.map((image) => [
      `${image.replaceAll("-", "_")}_image`,
      `${registry}/${image}@${digestOf(image)}`,
    ]),
  );
}

/** Reads the digests that `turbo run push` wrote: `<registry>/<image>@<digest>` by image. */
export function pushedDigests(file: string): Partial<Digests> {
  const pushed = JSON.parse(readFileSync(file, "utf8")) as Record<FunctionName, string>;
  return Object.fromEntries(functionNames.map((image) => [image, pushed[image].split("@")[1]]));
}

/** The digests that are deployed, from the state of the lakehouse stack. */
export function deployedDigests(resources: readonly StateResource[]): Partial<Digests> {
  const digests = resources
    .filter(({ type }) => type === "aws_lambda_function")
    .map(({ values }) => /([\w-]+)@(sha256:\w+)$/.exec(String(values["image_uri"])))
    .flatMap((match) => (match === null ? [] : [[match[1], match[2]]]));
  return Object.fromEntries(digests);
}

/** Parses `--image-digest bronze-silver=sha256:…`. */
export function parseImageDigest(text: string, before: Partial<Digests>): Partial<Digests> {
  const [name, digest = ""] = text.split("=");
  const image = functionNames.find((each) => each === name);
  if (image === undefined || !digestPattern.test(digest)) {
    throw new InvalidArgumentError(
      `Give NAME=sha256:… with 64 hexadecimal digits; the names are ${functionNames.join(" and ")}.`,
    );
  }
  return { ...before, [image]: digest };
}
