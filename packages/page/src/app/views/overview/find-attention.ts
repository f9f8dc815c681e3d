/** Finds what needs a person's attention. */
import type { FlowData, LakeData } from "../../../data.ts";
import { formatCount, formatCountOf } from "../../format.ts";
import { relationsOf } from "../../lake-context.ts";
import { hashOf } from "../../routes.ts";

/** One thing to look at. */
export interface AttentionItem {
  readonly message: string;
  /** What to do; null if the message says it. */
  readonly hint: string | null;
  /** Where the page shows more; null if nowhere. */
  readonly link: string | null;
}

/** The worst first. @param flow Null while it is loading. */
export function attentionOf(lake: LakeData, flow: FlowData | null): readonly AttentionItem[] {
  return [...mistakes(lake), ...failedChecks(lake), ...run(lake), ...waiting(lake, flow)];
}

function mistakes({ mistakes: all }: LakeData): AttentionItem[] {
  return all.map(({ folder, message }) => ({
    message: `The table in ${folder} can't be used: ${message}`,
    hint: null,
    link: null,
  }));
}

function failedChecks(lake: LakeData): AttentionItem[] {
  return relationsOf(lake).flatMap(({ data }) =>
    data.checks
      .filter(({ result }) => result === "failed")
      .map(({ name, failing }) => ({
        message: `The check "${name}" of ${data.name} failed${failing === null ? "" : ` for ${formatCountOf(failing, "row")}`}.`,
        hint: "Gold holds the rows from before.",
        link: hashOf("about", data.name),
      })),
  );
}

function run({ lastRun, commandLine }: LakeData): AttentionItem[] {
  return lastRun === null || lastRun.published
    ? []
    : [
        {
          message: `Gold run ${lastRun.sequence} has committed, but not published everything yet.`,
          hint: `The next run does it: ${commandLine} gold`,
          link: null,
        },
      ];
}

function waiting(lake: LakeData, flow: FlowData | null): AttentionItem[] {
  if (flow === null) {
    return [];
  }
  return [
    ...flow.outdated.map(({ table, objects, command }) => ({
      message: `${formatCountOf(objects, "object")} of ${table} in silver ${objects === 1 ? "was" : "were"} made by an older contract.`,
      hint: `Renew: ${command}`,
      link: null,
    })),
    ...flow.unknown.map(({ name, objects }) => ({
      message: `Bronze has ${formatCountOf(objects, "object")} of ${name}, which has no contract.`,
      hint: `Write one: ${lake.commandLine} init ${name}`,
      link: null,
    })),
    ...(flow.backlog === 0 || flow.backlog === null
      ? []
      : [
          {
            message: `${formatCount(flow.backlog)} bronze ${flow.backlog === 1 ? "object waits" : "objects wait"} to be processed.`,
            hint: `In a deployment they are within minutes. Otherwise: ${lake.commandLine} silver`,
            link: null,
          },
        ]),
  ];
}
