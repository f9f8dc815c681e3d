/** The HTTP door: its templates in a real Velocity engine, on hostile bodies, and its document. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { Compile, parse } from "velocityjs";
import { describe, expect, test } from "vitest";
import {
  type BodyType,
  type DoorApi,
  doorApi,
  refusedTemplate,
  requestTemplate,
} from "../../src/door/open-api.ts";
import { deployStatements } from "../../src/iam/deployer.ts";
import { checkKinesis } from "../../src/kinesis.ts";
import { bare, full } from "../../testing/environments.ts";

const firehose = { table: "orders", service: "firehose", stream: "lakehouse-dev-orders" } as const;
const kinesis = { ...firehose, service: "kinesis" } as const;

/** Renders a template as API Gateway does, with the parts of its context that ours use. */
function render(template: string, body: string, context: object = {}): string {
  const text = {
    // As Java's.
    replaceAll: (pattern: string, by: string) => body.replaceAll(new RegExp(pattern, "g"), by),
    toString: () => body,
  };
  return new Compile(parse(template)).render({
    input: {
      body: text,
      path: (path: string): unknown =>
        (JSON.parse(body) as Record<string, unknown>)[path.slice("$.".length)],
    },
    util: { base64Encode: (each: object) => Buffer.from(String(each)).toString("base64") },
    context: { requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", ...context },
  });
}

const hostile = [
  '{"order_id":1}',
  '{"a":1}\n{"a":2}\n',
  '"},"DeliveryStreamName":"other","Record":{"Data":"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Velocity has it, too.
  "#set($x = 1)$x #if(true)yes#end ## #* *# $util.base64Encode('x') ${input.body}",
  '\\"\\u0000\u0000\r\n\t',
  "ünïcödé 漢😀\u{10ffff}",
  "$!context.requestId $context",
  "",
];

describe("what is sent to the stream", () => {
  const dataOf = (body: string, type: BodyType = "application/x-ndjson") => {
    const { DeliveryStreamName, Record, ...others } = JSON.parse(
      render(requestTemplate(firehose, type), body),
    ) as { DeliveryStreamName: string; Record: { Data: string } };
    expect([DeliveryStreamName, Object.keys(Record), others]).toEqual([
      "lakehouse-dev-orders",
      ["Data"],
      {},
    ]);
    return Buffer.from(Record.Data, "base64").toString();
  };

  test.each(hostile)("is the body %j, as it is", (body) => {
    expect(dataOf(body)).toBe(body);
  });

  test("is any body, as it is, and nothing else", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (body) => {
        expect(dataOf(body)).toBe(body);
      }),
      runs(200),
    );
  });

  test("is on one line if it is one JSON object, because the stream's records are lines", () => {
    const record = { id: 1, note: "a\nb", items: [{ a: 1 }, { b: {} }], empty: {} };
    for (const space of [0, 2, "\t", "\r"]) {
      for (const end of ["\n", "\r\n"]) {
        const body = JSON.stringify(record, undefined, space).replaceAll("\n", end) + end;
        const data = dataOf(body, "application/json");
        expect(data).not.toContain("\n");
        expect(JSON.parse(data)).toEqual(record);
      }
    }
  });

  test.each(["\n", "\r\n"])("is on its lines if it has several records, divided by %j", (end) => {
    const data = dataOf(['{"a":1}', '{"a":{"b":2}}', '{"a":3}', ""].join(end), "application/json");
    expect(data.trim().split(end)).toEqual(['{"a":1}', '{"a":{"b":2}}', '{"a":3}']);
  });

  test("is otherwise as it is, whatever the type says", () => {
    for (const body of hostile.filter((each) => !each.includes("\n"))) {
      expect(dataOf(body, "application/json")).toBe(body);
    }
  });

  test("is spread over the shards of a Kinesis stream", () => {
    expect(JSON.parse(render(requestTemplate(kinesis, "application/x-ndjson"), "x"))).toEqual({
      StreamName: "lakehouse-dev-orders",
      Data: Buffer.from("x").toString("base64"),
      PartitionKey: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    });
  });
});

describe("a refusal", () => {
  const refused = (message: unknown, __type?: string) => {
    const context = { responseOverride: { status: undefined as number | undefined } };
    const text = render(refusedTemplate, JSON.stringify({ __type, message }), context);
    return { status: context.responseOverride.status, ...(JSON.parse(text) as object) };
  };

  test("for the size is 413", () => {
    const told = "1 validation error: Member must have length less than or equal to 1024000";
    expect(refused(told)).toMatchObject({
      status: 413,
      message: expect.stringMatching(/1024000 bytes/),
    });
  });

  test.each([
    "ProvisionedThroughputExceededException",
    "com.amazonaws.kinesis#KMSThrottlingException",
    "ThrottlingException",
    "LimitExceededException",
  ])("because of the load is 429, as a producer expects that may send again: %s", (type) => {
    const told = "Rate exceeded for shard shardId-000000000000 in stream lakehouse-dev-orders";
    expect(refused(told, type)).toEqual({
      status: 429,
      message: "Too many records at once. Send these again in a second.",
    });
  });

  test.each(["Role arn:aws:iam::123456789012:role/x is not authorized", undefined, '"}'])(
    "for another reason does not show it: %j",
    (told) => {
      expect(refused(told)).toMatchObject({ status: undefined });
      expect(JSON.stringify(refused(told))).not.toContain("arn:");
    },
  );
});

describe("the document", () => {
  const api: DoorApi = {
    title: "lakehouse-dev-door",
    region: "eu-west-1",
    roleArn: "arn:aws:iam::123456789012:role/lakehouse-dev-door",
    targets: [firehose, { ...kinesis, table: "web_events" }],
    corsOrigin: undefined,
  };

  test("says 500 if the stream's service refuses what no producer can change", () => {
    const { post } = (
      doorApi(api) as { readonly paths: Readonly<Record<string, { readonly post: unknown }>> }
    ).paths["/orders"] ?? { post: undefined };
    expect(post).toMatchObject({
      responses: { "500": {} },
      "x-amazon-apigateway-integration": { responses: { "4\\d{2}": { statusCode: "500" } } },
    });
  });

  test("has a path for each table, and no other way in", () => {
    expect(doorApi(api)).toMatchObject({
      paths: {
        "/orders": {
          post: {
            security: [{ key: [] }],
            "x-amazon-apigateway-request-validator": "body",
            "x-amazon-apigateway-integration": {
              uri: "arn:aws:apigateway:eu-west-1:firehose:action/PutRecord",
              passthroughBehavior: "never",
            },
          },
        },
        "/web_events": {
          post: {
            "x-amazon-apigateway-integration": {
              uri: "arn:aws:apigateway:eu-west-1:kinesis:action/PutRecord",
            },
          },
        },
      },
    });
    expect(JSON.stringify(doorApi(api))).not.toContain("Access-Control");
  });

  test("lets one origin's pages send, if that is set, and read every answer", () => {
    const { paths, ...rest } = doorApi({ ...api, corsOrigin: "https://shop.example.com" }) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
    };
    for (const item of Object.values(paths)) {
      expect(Object.keys(item)).toEqual(["post", "options"]);
      expect(item["options"]).not.toHaveProperty("security");
      for (const method of Object.values(item)) {
        const { responses } = (
          method as { "x-amazon-apigateway-integration": { responses: object } }
        )["x-amazon-apigateway-integration"];
        for (const answer of Object.values(responses)) {
          expect(answer).toMatchObject({
            responseParameters: {
              "method.response.header.Access-Control-Allow-Origin": "'https://shop.example.com'",
            },
          });
        }
      }
    }
    expect(JSON.stringify(rest).match(/Access-Control-Allow-Origin/g)).toHaveLength(2);
  });

  test("declares every header and status that an integration answers with", () => {
    const document = doorApi({ ...api, corsOrigin: "*" }) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, Method>>>>;
    };
    interface Method {
      readonly responses: Readonly<Record<string, { readonly headers: object }>>;
      readonly "x-amazon-apigateway-integration": {
        readonly responses: Readonly<
          Record<string, { readonly statusCode: string; readonly responseParameters: object }>
        >;
      };
    }
    for (const method of Object.values(document.paths).flatMap((item) => Object.values(item))) {
      const answers = Object.values(method["x-amazon-apigateway-integration"].responses);
      for (const { statusCode, responseParameters } of answers) {
        const declared = Object.keys(method.responses[statusCode]?.headers ?? {});
        const given = Object.keys(responseParameters).map((name) => name.replace(/^.*\./, ""));
        expect(given.filter((name) => !declared.includes(name))).toEqual([]);
      }
    }
  });
});

test("whoever deploys the door may set the tags of what is in it, which AWS asks for apart", () => {
  const deployment = {
    environment: full,
    partition: "aws",
    buildsOnAthena: false,
    accountId: "123456789012",
  };
  const tags = deployStatements(deployment).find(({ sid }) => sid === "ChangeDoorTags");
  expect(tags).toMatchObject({
    actions: expect.arrayContaining(["apigateway:PUT"]),
    resources: ["restapis", "usageplans"].map(
      (kind) =>
        `arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2F${kind}%2F*`,
    ),
  });
});

test("a Kinesis stream of a table that does not exist is refused", () => {
  const check = (kinesis: readonly string[] | "all") => () =>
    checkKinesis({ ...bare, kinesis }, ["orders"]);
  expect(check(["order"])).toThrow(/kinesis names the table order, which does not exist.*orders/);
  expect(check("all")).not.toThrow();
  expect(check(["orders"])).not.toThrow();
});
