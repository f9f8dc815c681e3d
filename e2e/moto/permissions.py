"""IAM: evaluates Deny, Resource, Condition and boundaries as IAM does, for everybody but the operator."""

import re
from typing import Any

from flask import request
from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import AccessDeniedError, JsonRESTError
from moto.iam.access_control import (
    IAMPolicy,
    IAMPolicyStatement,
    IAMRequestBase,
    PermissionResult,
)
from moto.s3 import responses as s3_responses

# Condition keys that an emulator on plain HTTP cannot know.
ASSUMED = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}
# Operations whose permission has another name.
PERMISSIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
XML_SERVICES = ("cloudwatch", "iam", "sns", "sts")


class AccessDeniedAsJson(JsonRESTError):
    """moto denies in XML, which clients of some services cannot read."""

    code = 403


def apply(operator: str) -> None:
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    authorize = ActionAuthenticatorMixin._authenticate_and_authorize_action
    authorize_service = ActionAuthenticatorMixin._authenticate_and_authorize_normal_action

    def authorize_unless_operator(self, iam_request_class, resource="*"):
        if access_key(self.headers.get("Authorization", "")) != operator:
            for each in objects_of(resource):
                authorize(self, iam_request_class, each)

    def authorize_on_resource(self, resource="*"):
        try:
            authorize_service(self, resource_of(self) if resource == "*" else resource)
        except AccessDeniedError as error:
            if self.service_name in XML_SERVICES:
                raise
            raise AccessDeniedAsJson("AccessDeniedException", error.message) from error

    ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize_unless_operator
    ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = authorize_on_resource
    check_policies = IAMRequestBase.check_action_permitted

    def check_policies_and_boundary(self, resource):
        self._action = PERMISSIONS.get(self._action, self._action)
        check_policies(self, resource)
        if not within_boundary(self, resource):
            self._raise_access_denied()

    check_signature = IAMRequestBase.check_signature

    def check_signature_of_raw_path(self):
        # The client signed the path as it was sent, not decoded.
        self._path = request.environ["RAW_URI"]
        check_signature(self)

    IAMRequestBase.check_signature = check_signature_of_raw_path
    IAMRequestBase.check_action_permitted = check_policies_and_boundary
    IAMPolicyStatement.is_action_permitted = weigh
    s3_responses.ACTION_MAP["BUCKET"]["HEAD"]["DEFAULT"] = "ListBucket"


def access_key(authorization: str) -> str:
    return authorization.partition("Credential=")[2].partition("/")[0]


def within_boundary(check: IAMRequestBase, resource: str) -> bool:
    """A role with a boundary may do only what the boundary also permits."""
    role = check.backend.get_role(check._access_key._owner_role_name)
    if role.permissions_boundary_arn is None:
        return True
    boundary = check.backend.managed_policies.get(role.permissions_boundary_arn)
    return (
        boundary is not None
        and IAMPolicy(boundary).is_action_permitted(check._action, resource)
        == PermissionResult.PERMITTED
    )


def objects_of(resource: str) -> list[str]:
    """The objects that DeleteObjects removes: S3 asks for permission for each, moto for the bucket."""
    if request.method == "POST" and "delete" in request.args and ":s3:::" in resource:
        keys = re.findall("<Key>(.*?)</Key>", request.get_data(as_text=True), re.DOTALL)
        return [f"{resource}/{key}" for key in keys]
    return [resource]


def resource_of(response: Any) -> str:
    """The ARN of a request's resource, for services where moto assumes all resources."""
    service, region = response.service_name, response.region
    prefix = f"arn:aws:{service}:{region}:{response.current_account}"
    parameter = response._get_param
    if service == "sqs" and parameter("QueueUrl"):
        return f"{prefix}:{parameter('QueueUrl').rpartition('/')[2]}"
    if service == "awslambda" and (match := re.search(r"/functions/([^/]+)", response.path)):
        name = match[1].partition(":function:")[2] or match[1]
        return f"{prefix.replace('awslambda', 'lambda')}:function:{name}"
    if service == "firehose" and parameter("DeliveryStreamName"):
        return f"{prefix}:deliverystream/{parameter('DeliveryStreamName')}"
    if service == "glue" and (database := parameter("DatabaseName")):
        table = parameter("Name") or (parameter("TableInput") or {}).get("Name")
        kind = f"database/{database}" if table is None else f"table/{database}/{table}"
        return f"{prefix}:{kind}"
    if service == "stepfunctions":
        return parameter("stateMachineArn") or parameter("executionArn") or "*"
    if service == "ssm" and parameter("Name"):
        return f"{prefix}:parameter/{parameter('Name').lstrip('/')}"
    return "*"


def weigh(self, action, resource="*", principal=None, incoming_condition_values=None):
    """Whether one statement permits or denies an action, or does not apply to it."""
    statement = self._statement
    concerned = (
        matches_any(statement, "Action", action, re.IGNORECASE)
        and matches_any(statement, "Resource", resource)
        and concerns_principal(statement.get("Principal"), principal)
        and all(
            holds(operator, key, expected, incoming_condition_values or {})
            for operator, keys in statement.get("Condition", {}).items()
            for key, expected in keys.items()
        )
    )
    if not concerned:
        return PermissionResult.NEUTRAL
    return (
        PermissionResult.PERMITTED if statement["Effect"] == "Allow" else PermissionResult.DENIED
    )


def matches_any(statement: dict, element: str, value: str, flags: int = 0) -> bool:
    """A trust policy has no Resource: it applies to its own role."""
    if f"Not{element}" in statement:
        return not any(like(each, value, flags) for each in as_list(statement[f"Not{element}"]))
    if element not in statement:
        return element == "Resource"
    return any(like(each, value, flags) for each in as_list(statement[element]))


def concerns_principal(expected: Any, principal: str | None) -> bool:
    """In a bucket's policy only `*` matches, because moto does not report the caller."""
    if expected is None or expected == "*":
        return True
    named = as_list(expected.get("AWS", []))
    return "*" in named or principal in named


def holds(operator: str, key: str, expected: Any, context: dict[str, str]) -> bool:
    base = operator.removesuffix("IfExists")
    actual = context.get(key) or value_of(key.lower())
    if base == "Null":
        return (actual is None) == (str(expected).lower() == "true")
    negative = "Not" in base
    if actual is None:
        return negative or operator.endswith("IfExists")
    if base in ("NumericLessThan", "NumericGreaterThanEquals"):
        smaller = float(actual) < float(expected)
        return smaller if base == "NumericLessThan" else not smaller
    pattern_operators = ("StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "ArnEquals")
    if base in pattern_operators:
        found = any(like(each, actual) for each in as_list(expected))
    elif base in ("Bool", "StringEquals", "StringNotEquals"):
        found = any(str(each).lower() == actual.lower() for each in as_list(expected))
    else:
        raise NotImplementedError(f"The emulator does not support the condition operator {operator}")
    return found != negative


def value_of(key: str) -> str | None:
    """A condition key's value in the current request, or None."""
    if key in ASSUMED:
        return ASSUMED[key]
    if key in ("s3:prefix", "s3:delimiter"):
        return request.args.get(key.removeprefix("s3:"))
    if key.startswith("s3:x-amz-"):
        return request.headers.get(key.removeprefix("s3:"))
    return None


def like(pattern: str, value: str, flags: int = 0) -> bool:
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), value, flags | re.DOTALL) is not None


def as_list(value: Any) -> list:
    return value if isinstance(value, list) else [value]
