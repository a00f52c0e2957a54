"""What changed between two versions of one resource, as JSON Patch, for EHRs that take no PUT.

Elements are replaced whole: a patch that reaches into lists would depend on their order, which a server may change.
https://www.rfc-editor.org/rfc/rfc6902 https://hl7.org/fhir/R4/http.html#patch
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_OURS = frozenset({"resourceType", "id", "meta"})
"""What the server itself keeps: its identity and its version."""


def json_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations that make `after` of `before`, two JSON objects of one resource; [] when nothing differs."""
    operations: list[dict[str, Any]] = []
    for name in sorted((before.keys() | after.keys()) - NOT_OURS):
        path = f"/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in after:
            operations.append({"op": "remove", "path": path})
        elif name not in before:
            operations.append({"op": "add", "path": path, "value": after[name]})
        elif before[name] != after[name]:
            operations.append({"op": "replace", "path": path, "value": after[name]})
    return operations
