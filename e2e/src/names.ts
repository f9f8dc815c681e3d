/** Names that the test knows before anything is deployed: the account, the images, the state bucket. */
import { bronzeSilver, type FunctionName, silverGold } from "@lakehouse/lake/functions";

/** An environment of infra/src/environments.ts. */
export type EnvironmentName = "dev" | "prod";

const account = "123456789012";

/** A bucket, by its purpose: `state`, `access-logs`, … */
export function bucketOf(environment: EnvironmentName, thing: string): string {
  return `lakehouse-${environment}-${thing}-${account}`;
}

/** An image of a function. Nobody pushed it: functions run as processes here. */
export function madeUpImage(
  environment: EnvironmentName,
  transform: FunctionName,
  digit: string,
): string {
  const registry = `${account}.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-${environment}`;
  return `${registry}/${transform}@sha256:${digit.repeat(64)}`;
}

/** The variables of the lakehouse stack. Paused, because the emulator's own triggers would take the messages. */
export function lakehouseVariables(environment: EnvironmentName) {
  return {
    bronze_silver_image: madeUpImage(environment, bronzeSilver, "a"),
    silver_gold_image: madeUpImage(environment, silverGold, "b"),
    paused: "true",
  };
}
