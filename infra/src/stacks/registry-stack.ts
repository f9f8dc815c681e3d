/** A repository for each image. Its tags never move. */
import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository/index.js";
import { EcrRepositoryPolicy } from "@cdktf/provider-aws/lib/ecr-repository-policy/index.js";
import { type FunctionName, functionNames } from "@lakehouse/lake/functions";
import type { Construct } from "constructs";
import { arnOf } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { resourcePolicy } from "../iam/policy.ts";
import { EnvironmentStack } from "./environment-stack.ts";

/** How many images are kept, which limits how far a rollback can go back. */
const keptImages = 50;
/** Days that an image without a tag is kept. */
const untaggedDays = 14;

/** The repositories of an environment. */
export class RegistryStack extends EnvironmentStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, environment, "registry");
    const repositories = functionNames.map(
      (transform) => [transform, this.#repository(transform).repositoryUrl] as const,
    );
    this.output("repositories", "The repository of each image", Object.fromEntries(repositories));
  }

  #repository(transform: FunctionName): EcrRepository {
    const { environment } = this.deployment;
    const id = transform.replaceAll("-", "_");
    const repository = new EcrRepository(this, id, {
      name: `lakehouse-${environment.name}/${transform}`,
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: "AES256" }],
      forceDelete: !environment.deletionProtection,
    });
    new EcrLifecyclePolicy(this, `${id}_lifecycle`, {
      repository: repository.name,
      policy: JSON.stringify({
        rules: [
          {
            rulePriority: 1,
            description: `Remove images without a tag after ${untaggedDays} days`,
            selection: {
              tagStatus: "untagged",
              countType: "sinceImagePushed",
              countUnit: "days",
              countNumber: untaggedDays,
            },
            action: { type: "expire" },
          },
          {
            rulePriority: 2,
            description: `Keep the latest ${keptImages} images`,
            selection: {
              tagStatus: "any",
              countType: "imageCountMoreThan",
              countNumber: keptImages,
            },
            action: { type: "expire" },
          },
        ],
      }),
    });
    new EcrRepositoryPolicy(this, `${id}_policy`, {
      repository: repository.name,
      policy: resourcePolicy([
        {
          sid: "OurFunctionsPull",
          effect: "Allow",
          principal: { Service: "lambda.amazonaws.com" },
          actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
          // A repository's policy has no resource: it applies to the repository.
          resources: [],
          // Lambda names the function that it pulls for. The ARN includes the account.
          conditions: {
            ArnLike: {
              "aws:SourceArn": arnOf(
                this.deployment,
                "lambda",
                `function:lakehouse-${environment.name}-*`,
              ),
            },
          },
        },
      ]),
    });
    return repository;
  }
}
