"""Several records where no transaction is taken: one after the other, completed after any break, never doubled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.ehr import errors
from app.ehr.begun import BegunSaves
from app.ehr.record import anything_filed, complete, save
from app.ehr.rungs.order import waves, with_places
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.identity import full_url, identifier_value
from tests.app.ehr import forms
from tests.app.ehr.chart_server import RESET, SILENCE, Answer, ChartServer, Received, metadata, refusal
from tests.app.ehr.saves import held, not_filed
from tests.mappings.charts import NOW

WAYS = [(), ("batch",)]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way) or "one-by-one")
def alone(ehr: ChartServer, request: pytest.FixtureRequest) -> ChartServer:
    """An EHR without transactions: with batch, and without that either."""
    ehr.metadata = metadata(system=request.param)
    ehr.reply("POST", lambda got: _batch(ehr, got))
    return ehr


def _batch(ehr: ChartServer, got: Received) -> Answer:
    """Each entry by itself, as a server does with a batch."""
    assert got.body["type"] == "batch"
    for entry in got.body["entry"]:
        assert "urn:uuid:" not in json.dumps(entry["resource"]), "entries of a batch must not name each other"
    return ehr.file(got.body)


def copies(ehr: ChartServer, filing: forms.Filing) -> list[int]:
    """How many copies of each new record of a save the EHR holds."""
    new = [identifier_value(resource) for resource in filing.resources if "id" not in resource]
    return [sum(identifier_value(item) == value for item in ehr.held) for value in new]


@pytest.mark.parametrize("form", forms.ALL)
@pytest.mark.requirement("client@41", "client@44", "client@52")
def test_all_records_are_filed_once_and_name_each_other_by_their_ids(alone, gateway, form):
    filing = held(alone, forms.ALL[form]())
    receipt = save(gateway, filing.resources, now=NOW)
    assert len(receipt.filed) == len(filing.resources)
    assert not receipt.again
    assert set(copies(alone, filing)) <= {1}
    kept = {f"{item['resourceType']}/{item['id']}": item for item in alone.held}
    for line, sent in zip(receipt.filed, filing.resources, strict=True):
        found = kept[line.reference]
        assert identifier_value(found) == identifier_value(sent)
        for reference in _references(found):
            assert reference in kept or not reference.startswith(("Task/", "Goal/", "CarePlan/", "Consent/"))
            assert not reference.startswith("urn:")


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [each for item in value for each in _references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["reference"]] if isinstance(value.get("reference"), str) else []
    return own + [each for item in value.values() for each in _references(item)]


class Breaking:
    """The line breaks at the n-th write of a save: before it arrives, or after it was filed and unanswered."""

    def __init__(self, ehr: ChartServer, at: int, *, arrived: bool) -> None:
        self._ehr, self._left, self._arrived = ehr, at, arrived
        self._usual = ehr._usual
        self.broken = False
        ehr._usual = self  # type: ignore[method-assign]

    def __call__(self, got: Received) -> Answer:
        if got.method == "GET" and not self.broken:
            return self._usual(got)
        if self.broken:
            return RESET
        self._left -= 1
        if self._left:
            return self._usual(got)
        if self._arrived:
            self._usual(got)
        self.broken = True
        return RESET

    def mend(self) -> None:
        self._ehr._usual = self._usual  # type: ignore[method-assign]


@pytest.mark.parametrize("arrived", [False, True], ids=["lost-on-the-way", "answer-lost"])
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("form", forms.ALL)
@pytest.mark.requirement("client@45", "client@46")
def test_a_save_that_breaks_anywhere_is_completed_and_nothing_is_doubled(ehr, gateway, form, at, arrived):
    ehr.metadata = metadata(system=())
    filing = held(ehr, forms.ALL[form]())
    begun: list[Any] = []
    line = Breaking(ehr, at, arrived=arrived)
    with pytest.raises(errors.NotFiled) as raised:
        save(gateway, filing.resources, now=NOW, begin=begun.extend)
    assert isinstance(raised.value, errors.HalfFiled if at > 1 else errors.NoAnswer)
    line.mend()
    assert anything_filed(gateway, begun) is (at > 1 or arrived)
    receipt = complete(gateway, begun, now=NOW)
    assert receipt.again
    assert len(receipt.filed) == len(filing.resources)
    assert set(copies(ehr, filing)) <= {1}
    # What was changed once is not changed a second time.
    versions = {
        f"{item['resourceType']}/{item['id']}": item["meta"]["versionId"]
        for item in ehr.held
        if "meta" in item
    }
    for sent in filing.resources:
        if "id" in sent:
            place = f"{sent['resourceType']}/{sent['id']}"
            assert int(versions[place]) == int(sent["meta"]["versionId"]) + 1


@pytest.mark.requirement("client@46")
def test_half_a_save_says_what_is_in_the_chart(alone, gateway):
    filing = held(alone, forms.consent())
    alone.reply("POST CarePlan", refusal(500))
    error = not_filed(gateway, filing)
    assert isinstance(error, errors.HalfFiled)
    assert [item.kind for item in error.filed] == ["consent"]
    assert error.page_reason.startswith("Only a part is in the chart so far: consent.")
    assert "the rest is then filed" in error.what_to_do


@pytest.mark.requirement("client@42")
def test_what_somebody_else_changed_stops_the_save_before_anything_is_filed(alone, gateway):
    filing = held(alone, forms.plan())
    (plan,) = [item for item in filing.resources if item["resourceType"] == "CarePlan"]
    newer = {**plan, "meta": {**plan["meta"], "versionId": "9"}, "title": "Theirs"}
    alone.held = [newer if item["id"] == plan["id"] else item for item in alone.held]
    assert isinstance(not_filed(gateway, filing), errors.ChangedMeanwhile)
    assert set(copies(alone, filing)) == {0}


@pytest.mark.parametrize("failed", ["400 Bad Request", "500", "", "412"])
@pytest.mark.requirement("client@52")
def test_an_entry_of_a_batch_that_failed_is_filed_by_itself(ehr, gateway, contact, failed):
    ehr.metadata = metadata(system=("batch",))

    def half(got: Received) -> Answer:
        _, *rest = got.body["entry"]
        answer = ehr.file({"entry": rest}).body
        failure = {"response": {"status": failed}} if failed else None
        return Answer(
            body={"resourceType": "Bundle", "type": "batch-response", "entry": [failure, *answer["entry"]]}
        )

    ehr.reply("POST", half)
    assert len(save(gateway, contact.resources, now=NOW).filed) == len(contact.resources)
    assert set(copies(ehr, contact)) == {1}
    assert len(ehr.got("POST")) == 1


@pytest.mark.parametrize(
    "answer", [SILENCE, refusal(500), refusal(405), Answer(body={"resourceType": "Bundle"})]
)
def test_a_batch_that_fails_as_a_whole_is_looked_into(ehr, gateway, contact, answer):
    ehr.metadata = metadata(system=("batch",))
    ehr.reply("POST", answer)
    assert len(save(gateway, contact.resources, now=NOW).filed) == len(contact.resources)
    assert set(copies(ehr, contact)) == {1}


def test_records_that_name_each_other_are_written_all_the_same():
    urns = [f"urn:uuid:00000000-0000-4000-8000-00000000000{number}" for number in (1, 2)]
    first, second = (
        {
            "resourceType": "Task",
            "identifier": [{"system": IDENTIFIER_SYSTEM, "value": urn[9:]}],
        }
        for urn in urns
    )
    first["basedOn"] = [{"reference": urns[1], "display": "the other"}]
    second["partOf"] = [{"reference": urns[0]}]
    assert list(waves([first, second])) == [(first,), (second,)]
    sent = with_places(first, {})
    assert sent["basedOn"] == [
        {"identifier": {"system": IDENTIFIER_SYSTEM, "value": urns[1][9:]}, "display": "the other"}
    ]
    assert with_places(second, {full_url(first): "Task/7"})["partOf"] == [{"reference": "Task/7"}]


def test_a_begun_save_is_kept_for_its_form_and_forgotten():
    kept: dict[tuple[str, str], bytes] = {}

    class Shelf:
        def put(self, kind: str, key: str, value: bytes, *, expires_at: float) -> None:
            assert expires_at == NOW.timestamp() + 72 * 3600
            kept[kind, key] = value

        def get(self, kind: str, key: str) -> bytes | None:
            return kept.get((kind, key))

        def delete(self, kind: str, key: str) -> None:
            kept.pop((kind, key), None)

    begun = BegunSaves(Shelf())
    assert begun.load(forms.FORM_ID) == ()
    begun.keep(forms.FORM_ID, forms.contact().resources, now=NOW)
    assert begun.load(forms.FORM_ID) == forms.contact().resources
    begun.wipe(forms.FORM_ID)
    assert begun.load(forms.FORM_ID) == ()
