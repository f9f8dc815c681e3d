/** The HTTP API in front of the streams, as an OpenAPI document that API Gateway imports. No function runs for a request. */

/** Where a table's records go. */
export interface DoorTarget {
  readonly table: string;
  readonly service: "firehose" | "kinesis";
  /** The name of the Firehose stream or of the Kinesis stream. */
  readonly stream: string;
}

/** What the API is made of. */
export interface DoorApi {
  readonly title: string;
  readonly region: string;
  /** The role that may put records into the streams. */
  readonly roleArn: string;
  readonly targets: readonly DoorTarget[];
  /** The origin whose pages may send, or `*`; undefined for none. */
  readonly corsOrigin: string | undefined;
}

/** The most bytes of a body: what Firehose accepts in one record. */
export const maximumBodyBytes = 1000 * 1024;

const json = "application/json";
const lines = "application/x-ndjson";
/** One record; several, each on a line of its own. */
const bodyTypes = [json, lines] as const;

/** What a body may be. */
export type BodyType = (typeof bodyTypes)[number];

/**
 * The body, whatever it is: no part of it becomes part of the request. One JSON object may have several lines, but the stream's
 * records are lines, so spaces replace its line ends. A line end between two objects stays.
 */
const data: Readonly<Record<BodyType, string>> = {
  [json]: String.raw`"$util.base64Encode($input.body.replaceAll('(?<!\}\r?)\n|\n(?!\{)', ' '))"`,
  [lines]: '"$util.base64Encode($input.body)"',
};

/** What API Gateway sends to the stream's service, in Velocity's language. The stream appends a newline to each body. */
export function requestTemplate({ service, stream }: DoorTarget, type: BodyType): string {
  return service === "firehose"
    ? `{"DeliveryStreamName":"${stream}","Record":{"Data":${data[type]}}}`
    : `{"StreamName":"${stream}","Data":${data[type]},"PartitionKey":"$context.requestId"}`;
}

const busyTemplate = '{"message":"Too many records at once. Send these again in a second."}';
const acceptedTemplate = '{"message":"Accepted."}';

/**
 * What a refusal of the stream's service means. Only a large body is the producer's fault; otherwise it should send again. The
 * service's own message stays inside.
 */
export const refusedTemplate = [
  "#set($told = $input.path('$.message'))",
  "#set($kind = $input.path('$.__type'))",
  "#if($told && ($told.indexOf('1024000') >= 0 || $told.indexOf('1048576') >= 0))",
  "#set($context.responseOverride.status = 413)",
  `{"message":"The body is larger than ${maximumBodyBytes} bytes. Send fewer records at once."}`,
  // Kinesis answers 400 to these.
  "#elseif($kind && ($kind.indexOf('Throttl') >= 0 || $kind.indexOf('Exceeded') >= 0))",
  "#set($context.responseOverride.status = 429)",
  busyTemplate,
  "#else",
  '{"message":"The records were not accepted. Send them again later, and tell whoever runs this API."}',
  "#end",
].join("\n");

const recordModel = "Record";
const keyHeader = "x-api-key";

/** The OpenAPI document. */
export function doorApi(api: DoorApi): object {
  return {
    openapi: "3.0.1",
    info: { title: api.title, version: "1" },
    paths: Object.fromEntries(
      api.targets.map((target) => [`/${target.table}`, pathItem(api, target)]),
    ),
    components: {
      schemas: { [recordModel]: { type: "object" } },
      securitySchemes: { key: { type: "apiKey", name: keyHeader, in: "header" } },
    },
    "x-amazon-apigateway-request-validators": {
      body: { validateRequestBody: true, validateRequestParameters: true },
    },
    "x-amazon-apigateway-gateway-responses": gatewayResponses(api.corsOrigin),
  };
}

function pathItem(api: DoorApi, target: DoorTarget): object {
  const { service, table } = target;
  const action = service === "firehose" ? "firehose:action/PutRecord" : "kinesis:action/PutRecord";
  const post = {
    operationId: `send_${table}`,
    description: `Takes records of ${table}: one as JSON, or several, each on a line`,
    security: [{ key: [] }],
    requestBody: {
      required: true,
      content: { [json]: { schema: { $ref: `#/components/schemas/${recordModel}` } } },
    },
    responses: responses(["202", "400", "413", "429", "500"], api.corsOrigin),
    "x-amazon-apigateway-request-validator": "body",
    "x-amazon-apigateway-integration": {
      type: "aws",
      httpMethod: "POST",
      uri: `arn:aws:apigateway:${api.region}:${action}`,
      credentials: api.roleArn,
      // Other types of content are refused with 415.
      passthroughBehavior: "never",
      requestParameters: {
        "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
      },
      requestTemplates: Object.fromEntries(
        bodyTypes.map((type) => [type, requestTemplate(target, type)]),
      ),
      responses: {
        default: answer("202", acceptedTemplate, api.corsOrigin),
        "4\\d{2}": answer("500", refusedTemplate, api.corsOrigin),
        "5\\d{2}": answer("429", busyTemplate, api.corsOrigin, { "Retry-After": "'1'" }),
      },
    },
  };
  return api.corsOrigin === undefined ? { post } : { post, options: preflight(api.corsOrigin) };
}

/** Says to a browser which pages may send, and what. Browsers ask without a key. */
function preflight(origin: string): object {
  const headers = {
    "Access-Control-Allow-Methods": "'POST'",
    "Access-Control-Allow-Headers": `'content-type,${keyHeader}'`,
    "Access-Control-Max-Age": "'3600'",
  };
  return {
    responses: responses(["204"], origin, Object.keys(headers)),
    "x-amazon-apigateway-integration": {
      type: "mock",
      requestTemplates: { [json]: '{"statusCode":204}' },
      responses: { default: answer("204", undefined, origin, headers) },
    },
  };
}

function answer(
  statusCode: string,
  template: string | undefined,
  origin: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): object {
  const all = { ...headers, ...originHeader(origin) };
  return {
    statusCode,
    responseParameters: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [`method.response.header.${name}`, value]),
    ),
    ...(template !== undefined && { responseTemplates: { [json]: template } }),
  };
}

function responses(
  statusCodes: readonly string[],
  origin: string | undefined,
  headers: readonly string[] = ["Retry-After"],
): object {
  const names = [...headers, ...Object.keys(originHeader(origin))];
  const declared = Object.fromEntries(names.map((name) => [name, { schema: { type: "string" } }]));
  return Object.fromEntries(
    statusCodes.map((code) => [code, { description: code, headers: declared }]),
  );
}

function originHeader(origin: string | undefined): Readonly<Record<string, string>> {
  return origin === undefined ? {} : { "Access-Control-Allow-Origin": `'${origin}'` };
}

/** What API Gateway answers itself: a wrong key, a limit, a body that is no object. Pages may read it, too. */
function gatewayResponses(origin: string | undefined): object {
  const headers = Object.fromEntries(
    Object.entries(originHeader(origin)).map(([name, value]) => [
      `gatewayresponse.header.${name}`,
      value,
    ]),
  );
  return Object.fromEntries(
    ["DEFAULT_4XX", "DEFAULT_5XX"].map((kind) => [
      kind,
      {
        responseParameters: headers,
        responseTemplates: { [json]: '{"message":$context.error.messageString}' },
      },
    ]),
  );
}
