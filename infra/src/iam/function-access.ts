/** The permissions of the two functions: only what they use. */
import { bronzePrefix, quarantinePrefix, silverPrefix } from "@lakehouse/lake/keys";
import type { Deployment } from "../deployment.ts";
import { SynthesisError } from "../errors.ts";
import {
  type BucketReference,
  listKeys,
  readObjects,
  replaceObjects,
  useKey,
} from "./lake-access.ts";
import type { Statement } from "./policy.ts";

/** The lake's resources, for policies. */
export interface LakeReference {
  readonly bronze: BucketReference;
  readonly silver: BucketReference;
  readonly gold: BucketReference;
  readonly keyArn: string | undefined;
}

/**
 * bronze-silver: from bronze to silver and quarantine, one message at a time.
 *
 * @throws SynthesisError for a lakehouse without tables.
 */
export function bronzeSilverAccess(
  deployment: Deployment,
  { bronze, silver, keyArn }: LakeReference,
  tables: readonly string[],
  queueArn: string,
): readonly Statement[] {
  const written = prefixes([...tables.map(silverPrefix), ...tables.map(quarantinePrefix)]);
  return [
    readObjects("ReadBronze", bronze, prefixes(tables.map(bronzePrefix))),
    replaceObjects("ReplaceSilver", silver, written),
    listKeys("ListBronzeAndSilver", bronze, silver),
    {
      sid: "TakeMessages",
      // As in AWS's AWSLambdaSQSQueueExecutionRole. Lambda needs no other, because messages come back by their timeout.
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queueArn],
    },
    ...useKey(deployment, keyArn),
  ];
}

/**
 * silver-gold: from silver, without quarantine, to gold.
 *
 * @throws SynthesisError for a lakehouse without tables.
 */
export function silverGoldAccess(
  deployment: Deployment,
  { silver, gold, keyArn }: LakeReference,
  tables: readonly string[],
  deadLettersArn: string,
): readonly Statement[] {
  return [
    readObjects("ReadSilver", silver, prefixes(tables.map(silverPrefix))),
    // The whole bucket: a run also removes the outputs of models that are no longer in the catalog.
    readObjects("ReadGold", gold, [""]),
    replaceObjects("ReplaceGold", gold, [""]),
    listKeys("ListSilverAndGold", silver, gold),
    { sid: "KeepFailures", actions: ["sqs:SendMessage"], resources: [deadLettersArn] },
    ...useKey(deployment, keyArn),
  ];
}

function prefixes([first, ...others]: readonly string[]): [string, ...string[]] {
  if (first === undefined) {
    throw new SynthesisError(
      "packages/tables",
      "it has no table",
      "Add one: see docs/add-a-table.md.",
    );
  }
  return [first, ...others];
}
