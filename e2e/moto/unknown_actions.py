"""Refuses unknown actions at once. moto would answer 500, and clients retry that for minutes."""

import json

from moto.core.responses import BaseResponse


def apply() -> None:
    call_action = BaseResponse.call_action

    def call_known_action(self):
        try:
            return call_action(self)
        except NotImplementedError as error:
            body = json.dumps({"__type": "UnknownOperationException", "message": str(error)})
            return 400, {"x-amzn-errortype": "UnknownOperationException"}, body

    BaseResponse.call_action = call_known_action
