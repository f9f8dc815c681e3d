/** The alarms, their topic, the dashboard and the budget. */
import { BudgetsBudget } from "@cdktf/provider-aws/lib/budgets-budget/index.js";
import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js";
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmMetricQuery,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription/index.js";
import { Fn, type TerraformVariable, Token } from "cdktf";
import { Construct } from "constructs";
import { alarmPublishers, type Deployment, onlyFor, resourceName } from "../deployment.ts";
import { resourcePolicy } from "../iam/policy.ts";
import { type Alarm, alarmsOf, type Metric } from "../observability/alarms.ts";
import { dashboardBody } from "../observability/dashboard.ts";
import { alarmKeyArn } from "./lake-key.ts";

/** Props of an `Observability`. */
export interface ObservabilityProps {
  readonly deployment: Deployment;
  /** The tables' names. */
  readonly tables: readonly string[];
  /** Whether the lakehouse is paused, which changes some thresholds. */
  readonly paused: TerraformVariable;
}

/** The monitoring of a lakehouse. */
export class Observability extends Construct {
  readonly topicArn: string;
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { deployment, tables, paused } = props;
    const { environment } = deployment;
    this.topicArn = this.#topic(deployment);
    const alarms = alarmsOf(environment, tables, deployment).map((alarm) =>
      this.#alarm(deployment, alarm, paused),
    );
    this.dashboardName = new CloudwatchDashboard(this, "dashboard", {
      dashboardName: resourceName(deployment, "overview"),
      dashboardBody: dashboardBody(
        environment,
        tables,
        alarms.map(({ arn }) => arn),
        deployment.buildsOnAthena,
      ),
    }).dashboardName;
    if (environment.monthlyBudgetUsd !== "none") {
      this.#budget(deployment, environment.monthlyBudgetUsd);
    }
  }

  #budget(deployment: Deployment, limitUsd: number): void {
    new BudgetsBudget(this, "budget", {
      name: resourceName(deployment, "monthly"),
      budgetType: "COST",
      limitAmount: limitUsd.toFixed(1),
      limitUnit: "USD",
      timeUnit: "MONTHLY",
      notification: (["ACTUAL", "FORECASTED"] as const).map((notificationType) => ({
        notificationType,
        comparisonOperator: "GREATER_THAN",
        threshold: notificationType === "ACTUAL" ? 80 : 100,
        thresholdType: "PERCENTAGE",
        subscriberSnsTopicArns: [this.topicArn],
      })),
    });
  }

  #topic(deployment: Deployment): string {
    const keyArn = alarmKeyArn(this, "key", deployment);
    const topic = new SnsTopic(this, "topic", {
      name: resourceName(deployment, "alarms"),
      // AWS's own key for SNS would let no alarm publish.
      ...(keyArn === undefined ? {} : { kmsMasterKeyId: keyArn }),
    });
    const { arn } = new SnsTopicPolicy(this, "topic_policy", {
      arn: topic.arn,
      policy: resourcePolicy([
        {
          sid: "OnlyTls",
          effect: "Deny",
          principal: { AWS: "*" },
          actions: ["sns:Publish"],
          resources: [topic.arn],
          conditions: { Bool: { "aws:SecureTransport": "false" } },
        },
        ...alarmPublishers(deployment).map(({ service, sourceArn }) => ({
          sid: `${service}Publishes`,
          effect: "Allow" as const,
          principal: { Service: `${service}.amazonaws.com` },
          actions: ["sns:Publish"],
          resources: [topic.arn],
          conditions: onlyFor(deployment, sourceArn),
        })),
      ]),
    });
    const { email } = deployment.environment.alarms;
    if (email !== undefined && email !== "none") {
      new SnsTopicSubscription(this, "email", {
        topicArn: topic.arn,
        protocol: "email",
        endpoint: email,
      });
    }
    // The policy's reference to the topic, so publishers wait until the policy allows them.
    return arn;
  }

  #alarm(deployment: Deployment, alarm: Alarm, paused: TerraformVariable): CloudwatchMetricAlarm {
    const { threshold, thresholdWhilePaused } = alarm;
    return new CloudwatchMetricAlarm(this, `alarm_${alarm.name.replaceAll("-", "_")}`, {
      alarmName: resourceName(deployment, alarm.name),
      alarmDescription: `${alarm.meaning}. What to do: docs/operations.md, "${alarm.runbook}"`,
      comparisonOperator: alarm.rings === "above" ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold:
        thresholdWhilePaused === undefined
          ? threshold
          : Token.asNumber(Fn.conditional(paused.value, thresholdWhilePaused, threshold)),
      evaluationPeriods: alarm.periods,
      treatMissingData: missingData(alarm, paused),
      alarmActions: [this.topicArn],
      okActions: [this.topicArn],
      ...watched(alarm),
    });
  }
}

/** While paused, missing data is expected. */
function missingData({ missingIsAlarming }: Alarm, paused: TerraformVariable): string {
  return missingIsAlarming
    ? Fn.conditional(paused.value, "notBreaching", "breaching")
    : "notBreaching";
}

function watched({ watches, periodSeconds, meaning }: Alarm) {
  if ("namespace" in watches) {
    const { namespace, name, dimensions, statistic } = watches;
    return { namespace, metricName: name, dimensions, statistic, period: periodSeconds };
  }
  return {
    metricQuery: [
      { id: "result", expression: watches.expression, label: meaning, returnData: true },
      ...Object.entries(watches.metrics).map(([id, metric]) => query(id, metric, periodSeconds)),
    ],
  };
}

function query(
  id: string,
  { namespace, name, dimensions, statistic }: Metric,
  period: number,
): CloudwatchMetricAlarmMetricQuery {
  return { id, metric: { namespace, metricName: name, dimensions, stat: statistic, period } };
}
