/** The permissions of the HTTP door, and of Firehose where it reads a Kinesis stream. */
import { arnOf, type Deployment, resourceName } from "../deployment.ts";
import type { DoorTarget } from "../door/open-api.ts";
import type { Statement } from "./policy.ts";

/** A policy with the names of more streams is too long for IAM. All streams of the environment are tables'. */
const mostNamed = 25;

/** Permission to put records into these streams. */
export function putRecords(
  deployment: Deployment,
  targets: readonly Pick<DoorTarget, "service" | "stream">[],
  keyArn: string | undefined,
): readonly Statement[] {
  const arns = (service: DoorTarget["service"], resource: string): string[] => {
    const streams = targets
      .filter((target) => target.service === service)
      .map(({ stream }) => stream);
    const named = streams.length > mostNamed ? [resourceName(deployment, "*")] : streams;
    return named.map((stream) => arnOf(deployment, service, `${resource}/${stream}`));
  };
  const [firehose, ...firehoses] = arns("firehose", "deliverystream");
  const [kinesis, ...others] = arns("kinesis", "stream");
  return [
    ...(firehose === undefined
      ? []
      : [
          {
            sid: "SendToFirehose",
            actions: ["firehose:PutRecord"],
            resources: [firehose, ...firehoses] as const,
          },
        ]),
    ...(kinesis === undefined
      ? []
      : [
          {
            sid: "SendToKinesis",
            actions: ["kinesis:PutRecord"],
            resources: [kinesis, ...others] as const,
          },
          ...throughKinesis(deployment, keyArn, "Encrypt", "kms:GenerateDataKey"),
        ]),
  ];
}

/** Permission to read a Kinesis stream. */
export function readStream(
  deployment: Deployment,
  streamArn: string,
  keyArn: string | undefined,
): readonly Statement[] {
  return [
    {
      sid: "ReadStream",
      actions: [
        "kinesis:DescribeStream",
        "kinesis:GetShardIterator",
        "kinesis:GetRecords",
        "kinesis:ListShards",
      ],
      resources: [streamArn],
    },
    ...throughKinesis(deployment, keyArn, "DecryptStream", "kms:Decrypt"),
  ];
}

/** The most that roles may do in the environment's streams: what the door and Firehose need, if there are any. */
export function streamBounds(
  deployment: Deployment,
  keyArn: string | undefined,
): readonly Statement[] {
  const { door, kinesis } = deployment.environment;
  const all = resourceName(deployment, "*");
  const services = [
    kinesis === "all" ? [] : (["firehose"] as const),
    kinesis === undefined ? [] : (["kinesis"] as const),
  ].flat();
  return [
    ...(door === undefined
      ? []
      : putRecords(
          deployment,
          services.map((service) => ({ service, stream: all })),
          keyArn,
        )),
    ...(kinesis === undefined
      ? []
      : readStream(deployment, arnOf(deployment, "kinesis", `stream/${all}`), keyArn)),
  ];
}

function throughKinesis(
  { environment }: Deployment,
  keyArn: string | undefined,
  sid: string,
  action: string,
): readonly Statement[] {
  return keyArn === undefined
    ? []
    : [
        {
          sid,
          actions: [action],
          resources: [keyArn],
          conditions: {
            StringEquals: { "kms:ViaService": `kinesis.${environment.region}.amazonaws.com` },
          },
        },
      ];
}
