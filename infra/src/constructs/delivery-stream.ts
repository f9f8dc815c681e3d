/** The Firehose stream of one table: takes records and writes them to bronze, compressed. */
import { CloudwatchLogStream } from "@cdktf/provider-aws/lib/cloudwatch-log-stream/index.js";
import { KinesisFirehoseDeliveryStream } from "@cdktf/provider-aws/lib/kinesis-firehose-delivery-stream/index.js";
import { KinesisStream } from "@cdktf/provider-aws/lib/kinesis-stream/index.js";
import { bronzePrefix, undeliveredPrefix } from "@lakehouse/lake/keys";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { arnOf, type Deployment, onlyFor, resourceName } from "../deployment.ts";
import type { DoorTarget } from "../door/open-api.ts";
import { readStream } from "../iam/door.ts";
import { useKey } from "../iam/lake-access.ts";
import { readsKinesis } from "../kinesis.ts";
import type { NamedBucket } from "./lake-reference.ts";
import { logGroup } from "./log-group.ts";
import { ServiceRole } from "./service-role.ts";

/** Props of a `DeliveryStream`. */
export interface DeliveryStreamProps {
  readonly deployment: Deployment;
  /** The table's name. */
  readonly table: string;
  readonly bronze: NamedBucket;
  readonly keyArn?: string | undefined;
}

/** A table's delivery stream. */
export class DeliveryStream extends Construct {
  readonly name: string;
  /** Where producers put records. */
  readonly target: DoorTarget;

  constructor(scope: Construct, id: string, props: DeliveryStreamProps) {
    super(scope, id);
    const { deployment, table, bronze, keyArn } = props;
    const { ingest } = deployment.environment;
    const name = resourceName(deployment, table);
    const logs = logGroup(this, deployment, `/aws/kinesisfirehose/${name}`);
    const logStream = new CloudwatchLogStream(this, "log_stream", {
      name: "delivery",
      logGroupName: logs.name,
    });
    const prefix = bronzePrefix(table);
    const errors = `${undeliveredPrefix}${prefix}`;
    const source = readsKinesis(deployment.environment, table)
      ? new KinesisStream(this, "source", {
          name,
          streamModeDetails: { streamMode: "ON_DEMAND" },
          encryptionType: "KMS",
          kmsKeyId: keyArn ?? "alias/aws/kinesis",
        })
      : undefined;
    const role = new ServiceRole(this, "role", {
      deployment,
      name: `${name}-delivery`,
      description: `Firehose writes ${prefix} of bronze`,
      service: "firehose.amazonaws.com",
      conditions: (of) => onlyFor(of, arnOf(of, "firehose", `deliverystream/${name}`)),
      statements: [
        {
          sid: "WriteBronze",
          // AWS lists GetObject among the permissions that Firehose needs.
          actions: ["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"],
          resources: [`${bronze.arn}/${prefix}*`, `${bronze.arn}/${errors}*`],
        },
        {
          sid: "FindBronze",
          actions: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
          resources: [bronze.arn],
        },
        { sid: "Log", actions: ["logs:PutLogEvents"], resources: [`${logs.arn}:*`] },
        ...useKey(deployment, keyArn),
        ...(source === undefined
          ? []
          : readStream(deployment, arnOf(deployment, "kinesis", `stream/${name}`), keyArn)),
      ],
    });
    new KinesisFirehoseDeliveryStream(this, mainResource, {
      name,
      destination: "extended_s3",
      // Where it reads a Kinesis stream, that encrypts.
      ...(source === undefined
        ? { serverSideEncryption: { enabled: true, keyType: "AWS_OWNED_CMK" } }
        : { kinesisSourceConfiguration: { kinesisStreamArn: source.arn, roleArn: role.arn } }),
      extendedS3Configuration: {
        bucketArn: bronze.arn,
        roleArn: role.arn,
        // Both in UTC, which is Firehose's default.
        prefix: `${prefix}!{timestamp:yyyy/MM/dd/HH}/`,
        errorOutputPrefix: `${errors}!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/`,
        fileExtension: ".gz",
        compressionFormat: "GZIP",
        bufferingSize: ingest.bufferMib,
        bufferingInterval: ingest.bufferSeconds,
        // By default, Firehose puts nothing between records.
        processingConfiguration: {
          enabled: true,
          processors: [
            {
              type: "AppendDelimiterToRecord",
              parameters: [{ parameterName: "Delimiter", parameterValue: "\\n" }],
            },
          ],
        },
        cloudwatchLoggingOptions: {
          enabled: true,
          logGroupName: logs.name,
          logStreamName: logStream.name,
        },
        ...(keyArn === undefined ? {} : { kmsKeyArn: keyArn }),
      },
      dependsOn: [role.policy],
    });
    this.name = name;
    this.target = { table, service: source === undefined ? "firehose" : "kinesis", stream: name };
  }
}
