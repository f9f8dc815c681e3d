"""SQS: keeps RedriveAllowPolicy, which moto refuses, and gives policies back as SQS does, without white space."""

import json

from moto.sqs.models import Queue


def apply() -> None:
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    attributes = Queue.attributes.fget

    def compact_attributes(self):
        found = attributes(self)
        for name in ("RedrivePolicy", "RedriveAllowPolicy"):
            if found.get(name) in (None, ""):
                found.pop(name, None)
            else:
                found[name] = json.dumps(json.loads(found[name]), separators=(",", ":"))
        return found

    Queue.attributes = property(compact_attributes)
