"""Athena: deletes named queries, which moto cannot."""

import json

from moto.athena.responses import AthenaResponse


def apply() -> None:
    def delete_named_query(self) -> str:
        self.athena_backend.named_queries.pop(self._get_param("NamedQueryId"), None)
        return json.dumps({})

    AthenaResponse.delete_named_query = delete_named_query
