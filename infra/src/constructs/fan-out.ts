/** A state machine that runs the tasks of a gold run side by side, and the function that does one of them. */
import type { LambdaFunctionVpcConfig } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { SfnStateMachine } from "@cdktf/provider-aws/lib/sfn-state-machine/index.js";
import { goldTask } from "@lakehouse/lake/functions";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { arnOf, type Deployment, onlyFor, resourceName } from "../deployment.ts";
import type { FanOutSettings } from "../environment.ts";
import { fanOutDefinition, stateMachineName } from "../fan-out/definition.ts";
import { stateMachineAccess } from "../iam/fan-out.ts";
import { goldTaskAccess, type LakeAccess } from "../iam/function-access.ts";
import { ServiceRole } from "./service-role.ts";
import { TransformFunction } from "./transform-function.ts";

/** Props of a `GoldFanOut`. */
export interface GoldFanOutProps {
  readonly deployment: Deployment;
  readonly settings: FanOutSettings;
  readonly storage: LakeAccess;
  readonly silverGold: TransformFunction;
  /** The image of silver-gold. */
  readonly imageUri: string;
  readonly network: LambdaFunctionVpcConfig | undefined;
  /** The variables of silver-gold. */
  readonly variables: Readonly<Record<string, string>>;
  readonly tables: readonly string[];
  /** The tables whose refused records a model or the report reads. */
  readonly quarantine: readonly string[];
}

/** The state machine of gold runs. */
export class GoldFanOut extends Construct {
  readonly stateMachineArn: string;
  /** The name of `gold-task`. */
  readonly taskName: string;

  constructor(scope: Construct, id: string, props: GoldFanOutProps) {
    super(scope, id);
    const { deployment, storage, silverGold, tables, quarantine } = props;
    const { silverGold: size } = deployment.environment;
    const task = new TransformFunction(this, "task", {
      deployment,
      transform: goldTask,
      description: "Does one task of a gold run",
      imageUri: props.imageUri,
      network: props.network,
      size,
      variables: props.variables,
      statements: goldTaskAccess(deployment, storage, tables, quarantine),
    });
    const name = resourceName(deployment, stateMachineName);
    const role = new ServiceRole(this, "role", {
      deployment,
      name,
      description: "Step Functions runs the tasks of gold runs",
      service: "states.amazonaws.com",
      conditions: (of) => onlyFor(of, arnOf(of, "states", `stateMachine:${name}`)),
      statements: stateMachineAccess(deployment, name, [silverGold.liveArn, task.liveArn], storage),
    });
    const machine = new SfnStateMachine(this, mainResource, {
      name,
      // Standard: an execution may take hours, and can be redriven.
      type: "STANDARD",
      roleArn: role.arn,
      definition: JSON.stringify(
        fanOutDefinition({
          partition: deployment.partition,
          goldArn: silverGold.liveArn,
          taskArn: task.liveArn,
          timeoutSeconds: size.timeoutSeconds,
          concurrency: props.settings.concurrency,
        }),
      ),
      dependsOn: [role.policy],
    });
    this.stateMachineArn = machine.arn;
    this.taskName = task.name;
  }
}
