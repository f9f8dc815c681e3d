"""Firehose: fills in the time of a prefix with timestamps, and adds no default folder to it."""

import re
import uuid
from datetime import datetime, timezone

from moto.firehose.models import FirehoseBackend

TIMESTAMP = re.compile(r"!\{timestamp:([^}]+)\}")
# The parts of Java's date patterns that prefixes use.
FIELDS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def apply() -> None:
    FirehoseBackend._format_s3_object_path = staticmethod(object_key)


def object_key(stream: str, version: str, prefix: str) -> str:
    now = datetime.now(timezone.utc)
    filled = TIMESTAMP.sub(lambda match: now.strftime(strftime_pattern(match[1])), prefix)
    if "!{" in filled:
        raise RuntimeError(f"The emulator does not support this expression in a prefix: {filled}")
    # As in AWS, only a prefix without a timestamp gets the default one.
    folder = filled if filled != prefix else f"{prefix}{now:%Y/%m/%d/%H}/"
    return f"{folder}{stream}-{version}-{now:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}"


def strftime_pattern(pattern: str) -> str:
    return re.sub("|".join(FIELDS), lambda match: FIELDS[match[0]], pattern)
