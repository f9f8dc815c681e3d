/** The functions of an environment. */
import {
  type DeployedFunctionName,
  functionNames,
  functionsOf,
  goldTask,
} from "@lakehouse/lake/functions";
import type { Environment } from "./environment.ts";

/** All deployed functions, in the order in which data passes through them. */
export function deployedFunctions({ silverGold }: Environment): readonly DeployedFunctionName[] {
  return functionNames
    .flatMap(functionsOf)
    .filter((name) => name !== goldTask || silverGold.fanOut !== undefined);
}
