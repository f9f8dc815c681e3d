"""S3: lets versions of every key be listed and removed, delete markers too, without which no bucket can be emptied."""

from urllib.parse import quote

from flask import request
from moto.s3.models import FakeDeleteMarker, S3Backend


def apply() -> None:
    # What a stored object has to free, a marker does not have.
    FakeDeleteMarker.dispose = lambda self, garbage=False: None
    list_object_versions = S3Backend.list_object_versions

    def list_encoded(self, *arguments, **named):
        answer = list_object_versions(self, *arguments, **named)
        if request.args.get("encoding-type") == "url":
            versions, _, markers, *_ = answer
            # These are copies: clients ask for encoded keys, and decode them.
            for each in (*versions, *markers):
                each.name = quote(each.name)
        return answer

    S3Backend.list_object_versions = list_encoded
