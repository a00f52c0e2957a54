"""What the tests of saving share: what was sent, and that no error tells anything about the patient."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from app.ehr import errors
from app.ehr.gateway import Gateway
from app.ehr.record import save
from mappings.identity import identifier_value
from tests.app.ehr import forms
from tests.app.ehr.chart_server import ChartServer
from tests.app.ehr.forms import SECRETS, Filing
from tests.mappings.charts import NOW


def held(ehr: ChartServer, filing: Filing) -> Filing:
    ehr.held = list(filing.chart)
    return filing


def posted(ehr: ChartServer) -> list[dict[str, Any]]:
    """The transactions that the EHR received."""
    return [item.body for item in ehr.got("POST")]


def sent_nothing(ehr: ChartServer) -> bool:
    return all(item.method == "GET" for item in ehr.received)


def new(filing: Filing) -> list[dict[str, Any]]:
    return [resource for resource in filing.resources if "id" not in resource]


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all that stand behind it, as a log would print them."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def tells_nothing(error: BaseException) -> None:
    """No name, nothing typed and no token in any text of an error, shown or logged."""
    texts = [f"{each} {each!r} {vars(each)}" for each in chain(error)]
    texts += [line for each in chain(error) for line in traceback.format_exception_only(each)]
    for secret in (*SECRETS, "p1", identifier_value(forms.contact().resources[0])):
        assert secret not in " ".join(texts), secret


def not_filed(gateway: Gateway, filing: Filing) -> errors.EhrError:
    """The reason why the save failed; it tells nothing about the patient."""
    with pytest.raises(errors.EhrError) as raised:
        save(gateway, filing.resources, now=NOW)
    tells_nothing(raised.value)
    assert raised.value.page_reason.endswith(".")
    assert raised.value.what_to_do.endswith(".")
    return raised.value
