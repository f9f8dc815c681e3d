"""SQS: keeps what moto refuses or forgets of a queue, and gives policies back as SQS does, without white space."""

import json

from moto.sqs.models import Queue

POLICIES = ("RedrivePolicy", "RedriveAllowPolicy")


def apply() -> None:
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None
    set_attributes = Queue._set_attributes
    attributes = Queue.attributes.fget

    def set_only_given(self, given, now=None):
        # Whatever else is set, moto drops the policy.
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
