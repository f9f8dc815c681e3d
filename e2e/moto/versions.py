"""S3: lists and removes versions of every key, and delete markers. Otherwise no bucket could be emptied."""

from urllib.parse import quote

from flask import request
from moto.s3.models import FakeDeleteMarker, S3Backend


def apply() -> None:
    # Only a stored object has something to free, not a marker.
    FakeDeleteMarker.dispose = lambda self, garbage=False: None
    list_object_versions = S3Backend.list_object_versions

    def list_encoded(self, *arguments, **named):
        answer = list_object_versions(self, *arguments, **named)
        if request.args.get("encoding-type") == "url":
            versions, _, markers, *_ = answer
            # These are copies. Clients request encoded keys, and decode them.
            for each in (*versions, *markers):
                each.name = quote(each.name)
        return answer

    S3Backend.list_object_versions = list_encoded
