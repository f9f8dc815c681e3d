"""S3: conditional writes are atomic, and under SSE-KMS each PUT gives another ETag, as in AWS. moto gives the MD5.

Run as a program, it is moto's server with this patch.
"""

import threading
import uuid

from moto.s3.models import FakeKey
from moto.s3.responses import S3Response


def apply() -> None:
    create = FakeKey.__init__
    put = S3Response.put_object
    writing = threading.Lock()

    def created(self, *arguments, **named):
        create(self, *arguments, **named)
        if self.encryption == "aws:kms":
            # The ETag of a multipart upload ends in the number of its parts.
            parts = (self._etag or "").partition("-")[2]
            self._etag = uuid.uuid4().hex + (f"-{parts}" if parts else "")

    def put_alone(self):
        with writing:
            return put(self)

    FakeKey.__init__ = created
    S3Response.put_object = put_alone


if __name__ == "__main__":
    from moto.server import main

    apply()
    main()
