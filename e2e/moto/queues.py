"""SQS: keeps attributes that moto refuses or forgets, returns policies without white space, and redrives."""

import json

from moto.core.responses import ActionResult
from moto.sqs.exceptions import SQSException
from moto.sqs.models import Queue
from moto.sqs.responses import SQSResponse

POLICIES = ("RedrivePolicy", "RedriveAllowPolicy")


def apply() -> None:
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    set_attributes = Queue._set_attributes
    attributes = Queue.attributes.fget

    def set_only_given(self, given, now=None):
        # moto drops the policy when any other attribute is set.
        kept = {"Policy": self.policy} if getattr(self, "policy", None) else {}
        set_attributes(self, {**kept, **given}, now)

    def compact_attributes(self):
        found = attributes(self)
        for name in POLICIES:
            if found.get(name) in (None, ""):
                found.pop(name, None)
            else:
                found[name] = json.dumps(json.loads(found[name]), separators=(",", ":"))
        return found

    Queue._set_attributes = set_only_given
    Queue.attributes = property(compact_attributes)

    def start_message_move_task(self) -> ActionResult:
        """Redrives at once, as new messages, to the only source queue."""
        if self._get_param("DestinationArn") is not None:
            raise NotImplementedError("The emulator redrives only to the source queue.")
        arn = self._get_param("SourceArn")
        dead_letters = self.sqs_backend.get_queue(arn.split(":")[-1])
        sources = self.sqs_backend.list_dead_letter_source_queues(dead_letters.name)
        if len(sources) != 1:
            raise SQSException("InvalidParameterValue", f"{arn} has {len(sources)} source queues.")
        moved, dead_letters._messages = dead_letters._messages, []
        for message in moved:
            self.sqs_backend.send_message(sources[0].name, message.body)
        return ActionResult({"TaskHandle": arn})

    SQSResponse.start_message_move_task = start_message_move_task
