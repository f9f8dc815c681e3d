"""Lambda: returns a function's log settings, no image settings if none were set, and the alias that a mapping invokes."""

from moto.awslambda.models import EventSourceMapping, LambdaFunction


def apply() -> None:
    create = LambdaFunction.__init__
    update = LambdaFunction.update_configuration
    describe = LambdaFunction.get_configuration

    def created(self, *arguments, **named):
        create(self, *arguments, **named)
        spec = named["spec"] if "spec" in named else arguments[1]
        self.logging_config = spec.get("LoggingConfig")

    def updated(self, changes):
        self.logging_config = changes.get("LoggingConfig", self.logging_config)
        return update(self, changes)

    def described(self, *arguments, **named):
        found = describe(self, *arguments, **named)
        if self.logging_config:
            found["LoggingConfig"] = self.logging_config
        if not any(found.get("ImageConfigResponse", {}).get("ImageConfig", {}).values()):
            found.pop("ImageConfigResponse", None)
        return found

    map_events = EventSourceMapping.__init__

    def mapped(self, spec):
        map_events(self, spec)
        if spec["FunctionName"].startswith("arn:"):
            self.function_arn = spec["FunctionName"]

    EventSourceMapping.__init__ = mapped
    LambdaFunction.__init__ = created
    LambdaFunction.update_configuration = updated
    LambdaFunction.get_configuration = described
