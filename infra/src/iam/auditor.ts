/** The permissions of GitHub's job that audits: read the lake, and change nothing. */
import { deployedLakeParameter } from "@lakehouse/lake/deployed-lake";
import { arnOf, bucketName, type Deployment } from "../deployment.ts";
import { decrypt, listKeys, readObjects } from "./lake-access.ts";
import type { Statement } from "./policy.ts";

/**
 * Permission for `lakehouse --env NAME audit`: to find the lake, and to list and read all of its three buckets.
 *
 * @param keyArn The lake's own key, if it has one.
 */
export function auditStatements(
  deployment: Deployment,
  keyArn: string | undefined,
): readonly Statement[] {
  const bucket = (layer: string) => ({
    arn: `arn:${deployment.partition}:s3:::${bucketName(deployment, layer)}`,
  });
  const [bronze, silver, gold] = [bucket("bronze"), bucket("silver"), bucket("gold")];
  return [
    {
      sid: "FindLake",
      actions: ["ssm:GetParameter"],
      resources: [
        arnOf(deployment, "ssm", `parameter${deployedLakeParameter(deployment.environment.name)}`),
      ],
    },
    listKeys("ListLake", bronze, silver, gold),
    readObjects("ReadBronze", bronze, [""]),
    readObjects("ReadSilver", silver, [""]),
    readObjects("ReadGold", gold, [""]),
    ...decrypt(deployment, keyArn),
  ];
}
