/** The permissions of the functions: only what they use. */
import { bronzePrefix, quarantinePrefix, silverPrefix, taskPrefix } from "@lakehouse/lake/keys";
import { latePrefix } from "@lakehouse/lake/late-silver";
import type { Deployment } from "../deployment.ts";
import { SynthesisError } from "../errors.ts";
import { tableFolders } from "../table-folders.ts";
import { buildOnAthena } from "./athena-models.ts";
import {
  type BucketReference,
  listKeys,
  readObjects,
  replaceObjects,
  useKey,
  writeDataFiles,
} from "./lake-access.ts";
import { readPersonalKey } from "./personal-key.ts";
import type { Statement } from "./policy.ts";
import { publishTables } from "./table-access.ts";

/** The lake's resources, for policies. */
export interface LakeAccess {
  readonly bronze: BucketReference;
  readonly silver: BucketReference;
  readonly gold: BucketReference;
  readonly keyArn: string | undefined;
}

/**
 * bronze-silver: from bronze to silver and quarantine, one message at a time.
 *
 * @param queueArns The queues of its messages.
 * @param deadLettersArn The queue that keeps failed catch-ups.
 * @throws SynthesisError for a lakehouse without tables.
 */
export function bronzeSilverAccess(
  deployment: Deployment,
  { bronze, silver, keyArn }: LakeAccess,
  tables: readonly string[],
  queueArns: readonly [string, ...string[]],
  deadLettersArn: string,
): readonly Statement[] {
  const written = [
    ...folders(tables, silverPrefix),
    ...folders(tables, quarantinePrefix),
    latePrefix,
  ] as const;
  return [
    readObjects("ReadBronze", bronze, folders(tables, bronzePrefix)),
    replaceObjects("ReplaceSilver", silver, written),
    listKeys("ListBronzeAndSilver", bronze, silver),
    {
      sid: "TakeMessages",
      // As in AWS's AWSLambdaSQSQueueExecutionRole. Lambda needs no other, because messages come back by their timeout.
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: queueArns,
    },
    { sid: "KeepFailures", actions: ["sqs:SendMessage"], resources: [deadLettersArn] },
    ...useKey(deployment, keyArn),
    ...readPersonalKey(deployment),
  ];
}

/**
 * silver-gold: from silver to gold. It reads quarantine only of tables whose refused records a model or the report reads.
 *
 * @param quarantine The names of these tables.
 * @throws SynthesisError for a lakehouse without tables.
 */
export function silverGoldAccess(
  deployment: Deployment,
  { silver, gold, keyArn }: LakeAccess,
  tables: readonly string[],
  quarantine: readonly string[],
  deadLettersArn: string,
): readonly Statement[] {
  return [
    ...readSilver(silver, tables, quarantine),
    // The whole bucket: a run also removes the outputs of models that are no longer in the catalog.
    readObjects("ReadGold", gold, [""]),
    replaceObjects("ReplaceGold", gold, [""]),
    listKeys("ListSilverAndGold", silver, gold),
    publishTables(deployment),
    ...buildOnAthena(deployment, gold),
    { sid: "KeepFailures", actions: ["sqs:SendMessage"], resources: [deadLettersArn] },
    ...useKey(deployment, keyArn),
  ];
}

/**
 * gold-task: it reads what silver-gold reads, and writes only results of tasks and data files of open tables. Readers see none of
 * them before silver-gold has checked, committed and published them.
 *
 * @param quarantine The names of the tables whose refused records a model or the report reads.
 * @throws SynthesisError for a lakehouse without tables.
 */
export function goldTaskAccess(
  deployment: Deployment,
  { silver, gold, keyArn }: LakeAccess,
  tables: readonly string[],
  quarantine: readonly string[],
): readonly Statement[] {
  return [
    ...readSilver(silver, tables, quarantine),
    readObjects("ReadGold", gold, [""]),
    replaceObjects("WriteResults", gold, [taskPrefix]),
    writeDataFiles("WriteDataFiles", gold),
    listKeys("ListSilverAndGold", silver, gold),
    ...useKey(deployment, keyArn),
  ];
}

function readSilver(
  silver: BucketReference,
  tables: readonly string[],
  quarantine: readonly string[],
): readonly Statement[] {
  const refused =
    quarantine.length === 0
      ? []
      : [readObjects("ReadQuarantine", silver, folders(quarantine, quarantinePrefix))];
  return [readObjects("ReadSilver", silver, folders(tables, silverPrefix)), ...refused];
}

/** The characters of a role's policy that the folders of one layer may take: a quarter of AWS's limit for all of it. */
const folderCharacters = 2_560;
/** The estimated length of a bucket's ARN and the punctuation around it. */
const bucketCharacters = 70;

/** Each table's own folder, or wider ones if a policy with all of them would be too long. */
function folders(
  tables: readonly string[],
  prefixOf: (table: string) => string,
): [string, ...string[]] {
  const [first, ...others] = tableFolders(
    tables,
    prefixOf,
    (prefixes) =>
      prefixes.reduce((sum, { length }) => sum + length + bucketCharacters, 0) <= folderCharacters,
  );
  if (first === undefined) {
    throw new SynthesisError(
      "packages/tables",
      "it has no table",
      "Add one: see docs/add-a-table.md.",
    );
  }
  return [first, ...others];
}
