/** The permissions around the functions' network. */
import { arnOf, bucketName, type Deployment } from "../deployment.ts";
import type { ResourceStatement, Statement, UnscopedStatement } from "./policy.ts";

/** What may pass the network's endpoint for S3: this account's requests to the lake's buckets. */
export function endpointStatement(deployment: Deployment): ResourceStatement {
  const arns = ["bronze", "silver", "gold"].map(
    (layer) => `arn:${deployment.partition}:s3:::${bucketName(deployment, layer)}`,
  );
  return {
    sid: "OnlyTheLake",
    effect: "Allow",
    principal: { AWS: "*" },
    actions: [
      "s3:GetObject",
      "s3:PutObject",
      "s3:DeleteObject",
      "s3:AbortMultipartUpload",
      "s3:ListBucket",
    ],
    resources: arns.flatMap((arn) => [arn, `${arn}/*`]),
    conditions: { StringEquals: { "aws:PrincipalAccount": deployment.accountId } },
  };
}

/**
 * Permission for Lambda to attach a function to the network, with the function's role, as AWS requires it. The function's code
 * has it too, but its network has no way to EC2's API. Empty without a network.
 */
export function joinNetwork(deployment: Deployment): readonly (Statement | UnscopedStatement)[] {
  if (deployment.environment.network === undefined) {
    return [];
  }
  return [
    {
      sid: "Interfaces",
      actions: [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ],
      // AWS: with less, a function may not be able to reach its network.
      resources: [arnOf(deployment, "ec2", "*/*")],
    },
    {
      sid: "FindInterfaces",
      actions: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
      everyResourceBecause: "These list, and AWS has no resource for them",
    },
  ];
}

/** Permission to look the network up, as Terraform and Lambda do. Empty without a network. */
export function findNetwork(deployment: Deployment): readonly UnscopedStatement[] {
  return deployment.environment.network === undefined
    ? []
    : [
        {
          sid: "FindNetwork",
          actions: ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
          everyResourceBecause: "These list, and AWS has no resource for them",
        },
      ];
}
