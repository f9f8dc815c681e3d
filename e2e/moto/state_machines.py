"""Step Functions: moto's interpreter runs executions with the state machine's role, and calls the test's functions.

Executions can be redriven. A Map fails if a task does. Retries do not wait, and a Wait takes a second.
"""

import json
import urllib.parse
import urllib.request
import uuid

import boto3
from botocore.config import Config
from flask import request
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import (
    resource_eval_s3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.seconds import Seconds
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

# Marks the requests of executions.
CALLER = "state-machine"
PATIENCE = Config(read_timeout=300, retries={"total_max_attempts": 1}, user_agent_extra=CALLER)


class Interpreter:
    """What executions share: the server's address, and the items of each execution's Map that succeeded."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        self.endpoint = ""
        self.done: dict[str, set[str]] = {}
        self.redriven: set[str] = set()

    def client(self, service: str, region: str, state_credentials):
        """A client with the credentials of the state machine's role."""
        at = {"endpoint_url": self.endpoint, "region_name": region}
        keys = {"aws_access_key_id": self.operator, "aws_secret_access_key": self.operator}
        given = boto3.client("sts", **at, **keys).assume_role(
            RoleArn=state_credentials.role_arn, RoleSessionName="states"
        )["Credentials"]
        return boto3.client(
            service,
            **at,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=PATIENCE,
        )


def apply(operator: str, functions: str | None) -> None:
    interpreter = Interpreter(operator)
    for module in (lambda_eval_utils, resource_eval_s3, state_task_service_aws_sdk):
        module.boto_client_for = interpreter.client
    retrier_decl.time = NoTime
    Seconds._get_wait_seconds = lambda _wait, env: 1
    call_functions(functions)
    name_parameters()
    fail_with_a_task(interpreter)
    redrive(interpreter)


class NoTime:
    """Retries wait for seconds to minutes. Their number is what counts here."""

    @staticmethod
    def sleep(_seconds: float) -> None:
        return


def call_functions(functions: str | None) -> None:
    """Passes invocations by state machines on to the test."""
    invoke = LambdaSimpleBackend.invoke

    def invoked(self, function_name, qualifier, body, headers, response_headers):
        if functions is None or CALLER not in headers.get("User-Agent", ""):
            return invoke(self, function_name, qualifier, body, headers, response_headers)
        address = f"{functions}/{urllib.parse.quote(function_name, safe='')}"
        payload = body if isinstance(body, bytes) else body.encode()
        with urllib.request.urlopen(address, payload) as answer:
            if answer.headers.get("x-amz-function-error"):
                response_headers["x-amz-function-error"] = "Unhandled"
            return answer.read()

    LambdaSimpleBackend.invoke = invoked


def name_parameters() -> None:
    """Calls of the AWS SDK have capitalized parameters and results. moto passes them on as they are."""
    sdk = state_task_service_aws_sdk.StateTaskServiceAwsSdk

    def model(self):
        service, action = self._get_boto_service_name(), self._get_boto_service_action()
        client = boto3.client(service, region_name="eu-west-1")
        return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[action])

    def parameters(self, given, *_, **__):
        self._to_boto_request(given, model(self).input_shape)

    def response(self, given, *_, **__):
        self._from_boto_response(given, model(self).output_shape)

    sdk._normalise_parameters = parameters
    sdk._normalise_response = response


def fail_with_a_task(interpreter: Interpreter) -> None:
    """A Distributed Map without tolerated failures fails when a child execution does. moto ignores that."""
    worker = distributed_item_processor_worker.DistributedItemProcessorWorker
    evaluate = worker._eval_job

    def evaluated(self, env, job):
        evaluate(self, env, job)
        if not isinstance(env.program_state(), ProgramError):
            done = interpreter.done.setdefault(execution_of(env), set())
            done.add(json.dumps(job.job_input))
            return
        error = StatesErrorNameType.StatesExceedToleratedFailureThreshold
        job.job_output = FailureEventException(
            FailureEvent(
                env=env,
                error_name=StatesErrorName(error),
                event_type=HistoryEventType.MapRunFailed,
                event_details=EventDetails(
                    executionFailedEventDetails=ExecutionFailedEventDetails(
                        error=error.to_name(),
                        cause="The specified tolerated failure threshold was exceeded",
                    )
                ),
            )
        )

    worker._eval_job = evaluated


def redrive(interpreter: Interpreter) -> None:
    """Starts a failed execution again at the state that failed. Its Map only runs what did not succeed."""
    start = StepFunctionsParserBackend.start_execution
    entry = ExecutionWorker._get_evaluation_entrypoint
    environment = ExecutionWorker._get_evaluation_environment
    distributed = distributed_iteration_component.DistributedIterationComponent
    run_map = distributed._map_run

    def started(self, state_machine_arn, name=None, *arguments, **named):
        interpreter.endpoint = request.host_url.rstrip("/")
        return start(self, state_machine_arn, name or str(uuid.uuid4()), *arguments, **named)

    def redrive_execution(self):
        arn = self._get_param("executionArn")
        execution = self.stepfunction_backend.describe_execution(arn)
        if execution.status not in ("FAILED", "ABORTED", "TIMED_OUT"):
            raise JsonRESTError("ExecutionNotRedrivable", f"{arn} is {execution.status}")
        history = execution.to_history_output()["events"]
        execution.failed_in = [
            each["stateEnteredEventDetails"]
            for each in history
            if "stateEnteredEventDetails" in each
        ][-1]
        interpreter.redriven.add(arn)
        execution.exec_worker = execution.stop_date = execution.error = execution.cause = None
        execution.start()
        return ActionResult({"redriveDate": execution.start_date})

    def failed_in(worker):
        return getattr(worker._execution_communication.execution, "failed_in", None)

    def entered(self):
        program = entry(self)
        if (state := failed_in(self)) is not None:
            program.start_at = StartAt(start_at_name=state["name"])
        return program

    def with_input(self):
        made = environment(self)
        if (state := failed_in(self)) is not None:
            made.states.reset(input_value=json.loads(state["input"]))
        return made

    def map_run(self, env, eval_input):
        execution = execution_of(env)
        done = interpreter.done.pop(execution, set())
        if execution in interpreter.redriven:
            interpreter.redriven.remove(execution)
            items = env.stack.pop()
            env.stack.append([each for each in items if json.dumps(each) not in done])
        run_map(self, env=env, eval_input=eval_input)

    def validate_state_machine_definition(self):
        StepFunctionsParserBackend._validate_definition(definition=self._get_param("definition"))
        return ActionResult({"result": "OK", "diagnostics": [], "truncated": False})

    def list_state_machine_versions(self):
        return ActionResult({"stateMachineVersions": []})

    # Each start copies the state machine, and moto can't copy executions that run.
    Execution.__deepcopy__ = lambda execution, _: execution
    StepFunctionsParserBackend.start_execution = started
    ExecutionWorker._get_evaluation_entrypoint = entered
    ExecutionWorker._get_evaluation_environment = with_input
    distributed._map_run = map_run
    StepFunctionResponse.redrive_execution = redrive_execution
    StepFunctionResponse.list_state_machine_versions = list_state_machine_versions
    StepFunctionResponse.validate_state_machine_definition = validate_state_machine_definition


def execution_of(env) -> str:
    return env.states.context_object.context_object_data["Execution"]["Id"]
