"""Athena: deletes named queries and updates workgroups, which moto cannot."""

import json

from moto.athena.responses import AthenaResponse


def apply() -> None:
    def delete_named_query(self) -> str:
        self.athena_backend.named_queries.pop(self._get_param("NamedQueryId"), None)
        return json.dumps({})

    def update_work_group(self) -> str:
        # Terraform sends nothing but the name if only its own `force_destroy` changes.
        given = set(json.loads(self.body))
        if given != {"WorkGroup"}:
            raise NotImplementedError(f"The emulator cannot update a workgroup's {given}")
        return json.dumps({})

    AthenaResponse.delete_named_query = delete_named_query
    AthenaResponse.update_work_group = update_work_group
