/** The lakehouse: streams, functions and their triggers. */

import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter/index.js";
import {
  anyTable,
  type DeployedLake,
  deployedLakeParameter,
  deployedLakeText,
  glueDatabase,
  replayParameter,
  replayStates,
} from "@lakehouse/lake/deployed-lake";
import * as names from "@lakehouse/lake/functions";
import { allocatorVariables, nodeOptions } from "@lakehouse/lake/node-options";
import { tablesWithReadQuarantine } from "@lakehouse/lake/relations";
import {
  athenaModelMinutesVariable,
  athenaWorkgroupVariable,
  bucketVariables,
  glueDatabaseVariable,
  goldStartsGroup,
  goldStartsSecondsVariable,
  goldStartsVariable,
  personalKeyParameterVariable,
} from "@lakehouse/lake/variables";
import { needsPersonalKey } from "@lakehouse/transforms/contract/personal";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { settingsFile } from "@lakehouse/transforms/project";
import { Fn, Op, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import { BronzeQueue, BronzeTrigger, ObjectQueue } from "../constructs/bronze-events.ts";
import { DeadLetterQueue } from "../constructs/dead-letter-queue.ts";
import { DeliveryStream } from "../constructs/delivery-stream.ts";
import { Door } from "../constructs/door.ts";
import { GoldFanOut } from "../constructs/fan-out.ts";
import { functionNetwork } from "../constructs/function-network.ts";
import { FunctionSchedule } from "../constructs/function-schedule.ts";
import { GoldPipe, GoldStarts, GoldTrigger } from "../constructs/gold-starts.ts";
import { lakeReference } from "../constructs/lake-reference.ts";
import { ModelsWorkgroup } from "../constructs/models-workgroup.ts";
import { Observability } from "../constructs/observability.ts";
import { QueryCatalog } from "../constructs/query-catalog.ts";
import { TransformFunction } from "../constructs/transform-function.ts";
import { buildsOnAthena, resourceName } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { SynthesisError } from "../errors.ts";
import { sliceMibOf } from "../fan-out/slice.ts";
import { bronzeSilverAccess, silverGoldAccess } from "../iam/function-access.ts";
import { askForGold, takeGoldStarts } from "../iam/gold-starts.ts";
import { checkKinesis } from "../kinesis.ts";
import { replayConcurrency } from "../replay-concurrency.ts";
import { EnvironmentStack } from "./environment-stack.ts";
import type { StorageStack } from "./storage-stack.ts";

/** Seconds that the event of a failed scheduled run is kept. It holds no data, and a later run does its work. */
const scheduledDeadLetterSeconds = 3 * 86_400;
/** Days in which earlier versions of current rows can be read. */
const defaultRetentionDays = 7;
/** Days after which small silver objects go into packs. */
const defaultPackDays = 7;
/** Every night, in UTC. */
const catchUpExpression = "cron(30 2 * * ? *)";
/** Seconds in which a catch-up must start. */
const catchUpMaximumAgeSeconds = 3_600;

/** Everything in an environment except its state, buckets, roles and images. */
export class LakehouseStack extends EnvironmentStack {
  readonly #left: string[] = [];

  constructor(scope: Construct, environment: Environment, catalog: Catalog) {
    super(scope, environment, "lakehouse", buildsOnAthena(catalog));
    const { deployment } = this;
    const tables = catalog.tables.map(({ name }) => name);
    const { personalDataKey } = environment;
    checkPersonalKey(environment, catalog);
    checkKinesis(environment, tables);
    const images = {
      bronzeSilver: this.#image("bronze_silver_image", names.bronzeSilver),
      silverGold: this.#image("silver_gold_image", names.silverGold),
    };
    const paused = new TerraformVariable(this, "paused", {
      type: "bool",
      default: false,
      nullable: false,
      description:
        "Whether the lakehouse is paused: neither new objects nor the schedule start a run",
    });

    const state: string = Fn.conditional(paused.value, "DISABLED", "ENABLED");
    const storage = lakeReference(this, deployment);
    const { bronze, silver, gold, keyArn } = storage;
    const network = functionNetwork(this, "network", deployment);
    const streams = catalog.tables.map(
      ({ name }) =>
        [
          name,
          new DeliveryStream(this, `stream_${name}`, { deployment, table: name, bronze, keyArn }),
        ] as const,
    );
    if (environment.door !== undefined) {
      const { url, usagePlans } = new Door(this, "door", {
        deployment,
        settings: environment.door,
        targets: streams.map(([, { target }]) => target),
        keyArn,
      });
      this.output("door", "The address of the HTTP door, and each producer's usage plan", {
        url,
        usagePlans,
      });
    }

    const { startBySilver } = environment.silverGold;
    const starts =
      startBySilver &&
      new GoldStarts(this, "gold_starts", { deployment, delaySeconds: startBySilver.afterSeconds })
        .queue;
    const events = new BronzeQueue(this, "bronze_events", { deployment, bronze, tables });
    const replays = new ObjectQueue(this, "replay", {
      deployment,
      thing: "replay",
      // Whoever runs `lakehouse replay --remote` sends, by a policy of their own.
      senders: () => [],
    });
    const catchUpDeadLetters = new DeadLetterQueue(this, "catch_up_dead_letters", {
      deployment,
      thing: "catch-ups-dead-letters",
      retentionSeconds: scheduledDeadLetterSeconds,
    }).queue;
    const bronzeSilver = new TransformFunction(this, "bronze_silver", {
      deployment,
      transform: names.bronzeSilver,
      description: "Turns each new bronze object into silver and quarantine",
      imageUri: images.bronzeSilver,
      network,
      size: environment.bronzeSilver,
      variables: {
        [bucketVariables.bronze]: bronze.name,
        [bucketVariables.silver]: silver.name,
        ...(personalDataKey === undefined
          ? {}
          : { [personalKeyParameterVariable]: personalDataKey }),
        ...(starts &&
          startBySilver && {
            [goldStartsVariable]: starts.url,
            [goldStartsSecondsVariable]: String(startBySilver.afterSeconds),
          }),
        NODE_OPTIONS: nodeOptions,
      },
      statements: [
        ...bronzeSilverAccess(
          deployment,
          storage,
          tables,
          [events.queue.arn, replays.queue.arn],
          catchUpDeadLetters.arn,
        ),
        ...(starts === undefined ? [] : [askForGold(starts.arn)]),
      ],
    });
    const newObjects = new BronzeTrigger(this, "bronze_trigger", {
      deployment,
      queue: events.queue,
      transform: bronzeSilver,
      enabled: Fn.conditional(paused.value, false, true),
      maximumConcurrency: environment.bronzeSilver.maximumConcurrency,
    });
    const replayState = new SsmParameter(this, "replay_state", {
      name: replayParameter(environment.name),
      description: "Whether replays are paused. lakehouse replay --pause and --resume change it",
      type: "String",
      insecureValue: replayStates.running,
      // A deployment does not resume a paused replay.
      lifecycle: { ignoreChanges: ["insecure_value"] },
    });
    const isReplayPaused = Op.or(
      paused.value,
      Op.eq(replayState.insecureValue, replayStates.paused),
    );
    const replayed = new BronzeTrigger(this, "replay_trigger", {
      deployment,
      queue: replays.queue,
      transform: bronzeSilver,
      enabled: Fn.conditional(isReplayPaused, false, true),
      maximumConcurrency: replayConcurrency(environment),
    });

    new FunctionSchedule(this, "catch_up", {
      deployment,
      thing: "catch-up",
      run: "a catch-up, which processes bronze objects without silver",
      transform: bronzeSilver,
      expression: catchUpExpression,
      maximumAgeSeconds: catchUpMaximumAgeSeconds,
      deadLetters: catchUpDeadLetters,
      state,
    });

    const goldDeadLetters = new DeadLetterQueue(this, "gold_dead_letters", {
      deployment,
      thing: "gold-runs-dead-letters",
      retentionSeconds: scheduledDeadLetterSeconds,
    }).queue;
    const queries = new QueryCatalog(this, "catalog", { deployment, storage, catalog });
    const modelsWorkgroup = deployment.buildsOnAthena
      ? new ModelsWorkgroup(this, "models", { deployment, storage }).name
      : undefined;
    this.#leaveToGoldRuns(tables);
    const { reservedConcurrency, retentionDays, fanOut } = environment.silverGold;
    const sliceMib = sliceMibOf(environment.silverGold);
    const { packSilverAfterDays = defaultPackDays, report = false } = environment.silverGold;
    const { modelMinutes } = environment.athena;
    const goldVariables = {
      [bucketVariables.silver]: silver.name,
      [bucketVariables.gold]: gold.name,
      [glueDatabaseVariable]: queries.database,
      RETENTION_DAYS: String(retentionDays ?? defaultRetentionDays),
      ...(sliceMib === undefined ? {} : { SLICE_MIB: String(sliceMib) }),
      ...(packSilverAfterDays === "never"
        ? {}
        : { PACK_SILVER_AFTER_DAYS: String(packSilverAfterDays) }),
      ...(report && { GOLD_REPORT: "true" }),
      ...(modelsWorkgroup !== undefined && {
        [athenaWorkgroupVariable]: modelsWorkgroup,
        ...(modelMinutes !== undefined && { [athenaModelMinutesVariable]: String(modelMinutes) }),
      }),
      NODE_OPTIONS: nodeOptions,
      ...allocatorVariables,
    };
    const quarantine = report ? tables : tablesWithReadQuarantine(catalog);
    const silverGold = new TransformFunction(this, "silver_gold", {
      deployment,
      transform: names.silverGold,
      description: "Turns new silver into current rows and gold",
      imageUri: images.silverGold,
      network,
      size: environment.silverGold,
      ...(reservedConcurrency === "none" ? {} : { reservedConcurrency }),
      variables: goldVariables,
      statements: [
        ...silverGoldAccess(deployment, storage, tables, quarantine, goldDeadLetters.arn),
        ...(starts === undefined || fanOut !== undefined ? [] : [takeGoldStarts(starts.arn)]),
      ],
    });
    const goldFanOut =
      fanOut &&
      new GoldFanOut(this, "gold_fan_out", {
        deployment,
        settings: fanOut,
        storage,
        silverGold,
        imageUri: images.silverGold,
        network,
        variables: goldVariables,
        tables,
        quarantine,
      });
    if (starts !== undefined) {
      if (goldFanOut === undefined) {
        new GoldTrigger(this, "gold_trigger", {
          queue: starts,
          transform: silverGold,
          enabled: Fn.conditional(paused.value, false, true),
        });
      } else {
        new GoldPipe(this, "gold_pipe", {
          deployment,
          queue: starts,
          stateMachineArn: goldFanOut.stateMachineArn,
          state: Fn.conditional(paused.value, "STOPPED", "RUNNING"),
        });
      }
    }
    const { scheduleMinutes } = environment.silverGold;
    const schedule = new FunctionSchedule(this, "gold_schedule", {
      deployment,
      thing: names.silverGold,
      run: "a gold run",
      transform: silverGold,
      stateMachineArn: goldFanOut?.stateMachineArn,
      expression: `rate(${scheduleMinutes} ${scheduleMinutes === 1 ? "minute" : "minutes"})`,
      maximumAgeSeconds: scheduleMinutes * 60,
      deadLetters: goldDeadLetters,
      state,
      messages:
        goldFanOut === undefined && starts !== undefined
          ? { queue: starts, group: goldStartsGroup }
          : undefined,
    });

    const observability = new Observability(this, "observability", { deployment, tables, paused });

    const lake: DeployedLake = {
      environment: environment.name,
      region: environment.region,
      database: glueDatabase(environment.name),
      buckets: { bronze: bronze.name, silver: silver.name, gold: gold.name },
      ...(modelsWorkgroup !== undefined && {
        athenaWorkgroup: modelsWorkgroup,
        ...(modelMinutes !== undefined && { athenaModelMinutes: modelMinutes }),
      }),
      ...(personalDataKey !== undefined && { personalDataKey }),
      replay: {
        queue: replays.queue.url,
        deadLetters: replays.deadLetters.url,
        mapping: replayed.mappingId,
        newObjectsMapping: newObjects.mappingId,
      },
      deliveryStreams: Object.fromEntries(streams.map(([table, { name }]) => [table, name])),
    };
    new SsmParameter(this, "lake_location", {
      name: deployedLakeParameter(environment.name),
      description: "The lake's location, for the lakehouse command",
      type: "String",
      value: deployedLakeText(lake, resourceName(deployment, anyTable)),
    });

    this.output("lake", "The lake's location, for the lakehouse command", lake);
    this.output("functions", "The names of the functions", {
      [names.bronzeSilver]: bronzeSilver.name,
      [names.silverGold]: silverGold.name,
      ...(goldFanOut && { [names.goldTask]: goldFanOut.taskName }),
    });
    if (goldFanOut !== undefined) {
      this.output(
        "gold_run",
        "The state machine of the gold runs, for the AWS CLI",
        goldFanOut.stateMachineArn,
      );
    }
    this.output("queues", "The addresses of the queues", {
      bronzeEvents: events.queue.url,
      bronzeEventsDeadLetters: events.deadLetters.url,
      replay: replays.queue.url,
      replayDeadLetters: replays.deadLetters.url,
      catchUpsDeadLetters: catchUpDeadLetters.url,
      goldRunsDeadLetters: goldDeadLetters.url,
      ...(starts && { goldStarts: starts.url }),
    });
    this.output("schedule", "The schedule of the gold runs", schedule.name);
    this.output("database", "The database of Glue and Athena", queries.database);
    this.output("workgroup", "Athena's workgroup", queries.workgroup);
    if (modelsWorkgroup !== undefined) {
      this.output("models_workgroup", "Athena's workgroup that builds models", modelsWorkgroup);
    }
    this.output("alarm_topic", "The topic of the alarms", observability.topicArn);
    this.output("dashboard", "The dashboard's name", observability.dashboardName);
  }

  /**
   * Leaves the resources of the storage stack alone. In a deployment of an earlier version they are in this stack's state: it
   * forgets them, and destroys none.
   */
  leaveTo(storage: StorageStack): void {
    this.#leave(storage.addresses());
  }

  /**
   * Leaves Glue's tables of current rows alone. In a deployment of an earlier version they are in this stack's state. Gold runs
   * make Iceberg tables of them, so queries always find one.
   */
  #leaveToGoldRuns(tables: readonly string[]): void {
    this.#leave(tables.map((name) => `aws_glue_catalog_table.catalog_table_${name}`));
  }

  #leave(addresses: readonly string[]): void {
    this.#left.push(...addresses);
    this.addOverride(
      "removed",
      this.#left.map((from) => ({ from, lifecycle: { destroy: false } })),
    );
  }

  /** A variable for an image, by digest. A tag could move, and the function would not notice. */
  #image(name: string, transform: names.FunctionName): string {
    const variable = new TerraformVariable(this, name, {
      type: "string",
      nullable: false,
      description: `The image of ${transform}: <repository>@sha256:<digest>`,
    });
    variable.addValidation({
      condition: `\${can(regex("^[^@]+@sha256:[0-9a-f]{64}$", var.${name}))}`,
      errorMessage: `${name} must name the image by its digest: <repository>@sha256:<64 hexadecimal digits>.`,
    });
    return variable.stringValue;
  }
}

/** @throws SynthesisError if a table hashes personal data, and the environment names no key. */
function checkPersonalKey({ name, personalDataKey }: Environment, { tables }: Catalog): void {
  const hashed = tables.find(needsPersonalKey);
  if (hashed !== undefined && personalDataKey === undefined) {
    throw new SynthesisError(
      `environment ${name}`,
      `table ${hashed.name} hashes personal data, and there is no personalDataKey`,
      `Make the key and name its parameter in ${settingsFile}: see docs/personal-data.md.`,
    );
  }
}
