/** A network for the functions, from which they reach the lake's buckets and its tables in Glue, and nothing else. A person creates it with bootstrap. */
import { DataAwsAvailabilityZones } from "@cdktf/provider-aws/lib/data-aws-availability-zones/index.js";
import { DataAwsSecurityGroup } from "@cdktf/provider-aws/lib/data-aws-security-group/index.js";
import { DataAwsSubnets } from "@cdktf/provider-aws/lib/data-aws-subnets/index.js";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import type { LambdaFunctionVpcConfig } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { type Deployment, resourceName } from "../deployment.ts";
import type { NetworkSettings } from "../environment.ts";
import { athenaEndpointStatement } from "../iam/athena-models.ts";
import { sqsEndpointStatement } from "../iam/gold-starts.ts";
import { endpointStatement } from "../iam/network.ts";
import { ssmEndpointStatement } from "../iam/personal-key.ts";
import { type ResourceStatement, resourcePolicy } from "../iam/policy.ts";
import { glueEndpointStatement } from "../iam/table-access.ts";

/** Props of a `FunctionNetwork`. */
export interface FunctionNetworkProps {
  readonly deployment: Deployment;
  readonly network: NetworkSettings;
}

/** The number of its availability zones: one may fail. */
export const networkZones = 2;
const networkName = "functions";
const https = { fromPort: 443, toPort: 443, protocol: "tcp" } as const;

/** A VPC without a way to the internet, with endpoints for S3 and Glue, and for SSM, SQS and Athena where the functions need them. */
export class FunctionNetwork extends Construct {
  constructor(scope: Construct, id: string, { deployment, network }: FunctionNetworkProps) {
    super(scope, id);
    const name = resourceName(deployment, networkName);
    const tags = { Name: name };
    const vpc = new Vpc(this, mainResource, {
      cidrBlock: network.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags,
    });
    // Without rules, so nothing can use it.
    new DefaultSecurityGroup(this, "default_group", { vpcId: vpc.id, tags });
    const routes = new RouteTable(this, "routes", { vpcId: vpc.id, tags });
    const available = new DataAwsAvailabilityZones(this, "zones", { state: "available" });
    const subnetIds: string[] = [];
    for (let zone = 0; zone < networkZones; zone++) {
      const subnet = new Subnet(this, `subnet_${zone}`, {
        vpcId: vpc.id,
        cidrBlock: Fn.cidrsubnet(network.cidr, 1, zone),
        availabilityZone: Fn.element(available.names, zone),
        mapPublicIpOnLaunch: false,
        tags,
      });
      new RouteTableAssociation(this, `route_${zone}`, {
        subnetId: subnet.id,
        routeTableId: routes.id,
      });
      subnetIds.push(subnet.id);
    }
    const endpoint = new VpcEndpoint(this, "s3", {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${deployment.environment.region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: [routes.id],
      policy: resourcePolicy([endpointStatement(deployment)]),
      tags,
    });
    new SecurityGroup(this, "group", {
      name,
      description: "The functions reach S3 and nothing else, and nothing reaches them",
      vpcId: vpc.id,
      egress: [
        {
          description: "S3",
          ...https,
          prefixListIds: [endpoint.prefixListId],
        },
        { description: "Glue", ...https, cidrBlocks: [network.cidr] },
      ],
      tags,
    });
    const glueGroup = new SecurityGroup(this, "glue_group", {
      name: `${name}-glue`,
      description: "The functions reach the endpoint of Glue",
      vpcId: vpc.id,
      ingress: [{ description: "The functions", ...https, cidrBlocks: [network.cidr] }],
      tags: { Name: `${name}-glue` },
    });
    const { personalDataKey, region, silverGold } = deployment.environment;
    const reach = (service: string, statement: ResourceStatement) =>
      new VpcEndpoint(this, service, {
        vpcId: vpc.id,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: "Interface",
        subnetIds,
        securityGroupIds: [glueGroup.id],
        privateDnsEnabled: true,
        policy: resourcePolicy([statement]),
        tags,
      });
    reach("glue", glueEndpointStatement(deployment));
    if (deployment.buildsOnAthena) {
      reach("athena", athenaEndpointStatement(deployment));
    }
    if (personalDataKey !== undefined) {
      reach("ssm", ssmEndpointStatement(deployment, personalDataKey));
    }
    if (silverGold.startBySilver !== undefined) {
      reach("sqs", sqsEndpointStatement(deployment));
    }
  }
}

/** The network of the functions, which bootstrap created; undefined if they are in Lambda's own. */
export function functionNetwork(
  scope: Construct,
  id: string,
  deployment: Deployment,
): LambdaFunctionVpcConfig | undefined {
  if (deployment.environment.network === undefined) {
    return undefined;
  }
  const name = resourceName(deployment, networkName);
  // Fails if there is none, unlike the list of subnets.
  const group = new DataAwsSecurityGroup(scope, `${id}_group`, { name });
  const subnets = new DataAwsSubnets(scope, `${id}_subnets`, {
    filter: [
      { name: "vpc-id", values: [group.vpcId] },
      { name: "tag:Name", values: [name] },
    ],
  });
  return { subnetIds: subnets.ids, securityGroupIds: [group.id] };
}
