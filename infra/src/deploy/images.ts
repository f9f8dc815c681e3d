/** The functions' images: which digest of each is deployed, built or asked for. */
import { readFileSync } from "node:fs";
import { DeployError } from "./errors.ts";
import type { Command } from "./shell.ts";
import type { StateResource } from "./terraform.ts";

/** The functions, by the names of their images. */
export const imageNames = ["bronze-silver", "silver-gold"] as const;
export type ImageName = (typeof imageNames)[number];

/** A digest by image: `sha256:…`. */
export type Digests = Readonly<Record<ImageName, string>>;

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Stands for an image that nobody has pushed yet, in plans that are not applied. */
export const noDigest = `sha256:${"0".repeat(64)}`;

/** An environment's registry: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-dev`. */
export function registryOf(account: string, region: string, environment: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com/lakehouse-${environment}`;
}

/** An image's repository in ECR, as AWS's API names it. */
export function repositoryOf(environment: string, image: ImageName): string {
  return `lakehouse-${environment}/${image}`;
}

/** The variables of the lakehouse stack that pin the images. */
export function imageVariables(registry: string, digests: Digests): Record<string, string> {
  return Object.fromEntries(
    imageNames.map((image) => [
      `${image.replaceAll("-", "_")}_image`,
      `${registry}/${image}@${digests[image]}`,
    ]),
  );
}

/**
 * Builds the images for the platform and pushes them.
 *
 * @param turbo The path of Turborepo's program, from the repository's root.
 * @param architecture Of the functions, as Lambda names it.
 */
export function pushCommand(
  turbo: string,
  registry: string,
  architecture: "arm64" | "x86_64",
): Command {
  return {
    file: process.execPath,
    args: [turbo, "run", "push", "--filter=@lakehouse/docker", "--output-logs=new-only"],
    env: {
      LAKEHOUSE_REGISTRY: registry,
      LAKEHOUSE_PLATFORM: architecture === "arm64" ? "linux/arm64" : "linux/amd64",
    },
    limitMinutes: 45,
  };
}

/** @throws DeployError DAMAGED_OUTPUT unless the file names a digest in this registry for each image. */
export function pushedDigests(file: string, registry: string): Digests {
  const pushed = readJson(file);
  return digestsBy((image) => {
    const [repository, digest = ""] = String(pushed[image]).split("@");
    if (repository !== `${registry}/${image}` || !digestPattern.test(digest)) {
      throw new DeployError(
        "DAMAGED_OUTPUT",
        `${file} names no image of ${image} in ${registry}`,
        "Push again: node scripts/toolchain.mjs turbo run push --force --filter=@lakehouse/docker.",
      );
    }
    return digest;
  });
}

function readJson(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** What runs now, by the state of the lakehouse stack. */
export function deployedDigests(resources: readonly StateResource[]): Partial<Digests> {
  const found = resources
    .filter(({ type }) => type === "aws_lambda_function")
    .map(({ values }) => /\/([\w-]+)@(sha256:[0-9a-f]{64})$/.exec(String(values["image_uri"])))
    .flatMap((match) => (match === null ? [] : [[match[1], match[2]]]));
  return Object.fromEntries(found);
}

/** `bronze-silver=sha256:…`, as --image-digest takes it. @throws DeployError USAGE. */
export function parseImageDigest(text: string): Partial<Digests> {
  const [name, digest = ""] = text.split("=");
  const image = imageNames.find((each) => each === name);
  if (image === undefined || !digestPattern.test(digest)) {
    throw new DeployError(
      "USAGE",
      `--image-digest ${text} is no digest of an image`,
      `Give NAME=sha256:… with 64 hexadecimal digits; the names are ${imageNames.join(" and ")}.`,
    );
  }
  return { [image]: digest };
}

/** A digest for each image. */
export function digestsBy(digestOf: (image: ImageName) => string): Digests {
  return Object.fromEntries(imageNames.map((image) => [image, digestOf(image)])) as Record<
    ImageName,
    string
  >;
}
