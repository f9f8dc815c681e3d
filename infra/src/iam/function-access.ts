/** What the two functions may do: only what they do. */
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

/** The lake, as policies speak of it. */
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
      // Those of AWS's own AWSLambdaSQSQueueExecutionRole: Lambda lets messages come back by their time-out.
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
    // The whole bucket: a run also removes the outputs of models that the catalog no longer knows.
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
