"""FHIRPath over a response or the chart, with SDC's `weight()`; an expression that cannot be judged answers nothing.

`weight()` reads the weight that stands on a coded answer, so it is only there where `response` put it.
https://hl7.org/fhir/uv/sdc/STU3/expressions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

from mappings.element import as_number, as_object
from mappings.questionnaire.extension import found


def evaluate(expression: str, resource: Mapping[str, Any], **variables: Any) -> tuple[Any, ...]:
    """What the expression says of `resource` (also %resource); `variables` are as %name. () for what has no answer."""
    try:
        return tuple(_compiled(expression)(resource, {"resource": resource, **variables}))
    except Exception:  # noqa: BLE001  fhirpathpy raises bare ones for whatever a chart holds that it did not expect.
        return ()


def _weights(nodes: Sequence[Any]) -> list[float]:
    """The weights of coded answers; whole ones as whole numbers."""
    held = (as_object(getattr(node, "data", node)) for node in nodes)
    said = (as_number(each.get("valueDecimal")) for coding in held for each in found(coding, "itemWeight"))
    return [int(weight) if weight == int(weight) else weight for weight in said if weight is not None]


_OPTIONS = {"userInvocationTable": {"weight": {"fn": _weights, "arity": {0: []}}}}


@cache
def _compiled(expression: str) -> Callable[[Any, dict[str, Any]], list[Any]]:
    compiled: Callable[[Any, dict[str, Any]], list[Any]] = fhirpathpy.compile(
        expression, models["r4"], _OPTIONS
    )
    return compiled
