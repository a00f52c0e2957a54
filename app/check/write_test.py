"""Writes one labelled test record of each type that the EHR offers, reads it back, and takes it away again.

Only ever for a patient whom the administrator named and confirmed. What could not be taken away is named by its id.
Nothing is sent twice: where no answer came, the record is looked for. https://hl7.org/fhir/R4/http.html#create
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.check.access import Access, gateway
from app.check.finding import Area, Finding, State
from app.check.inquiry import Inquiry
from app.check.needs import READS, words_for
from app.check.write_test_record import (
    ERROR,
    ERROR_STATUS,
    IDENTIFIER_SYSTEM,
    LABEL,
    is_ours,
    not_kept,
    records,
)
from app.ehr.capabilities import Offer
from app.ehr.gateway import Gateway
from mappings.panel import listed
from mappings.vendor_facts import UpdateStyle
from smart_launch.errors import FhirError, Gone, NotFound, SmartError, Unreachable


@dataclass(frozen=True)
class _Left:
    """What became of a test record: `how` is "deleted", "entered-in-error" or "as it is"."""

    how: str

    @property
    def state(self) -> State:
        """A record that stays as it is must be removed by somebody."""
        return State.FAILED if self.how == "as it is" else State.OK


def write_test_findings(inquiry: Inquiry, access: Access, patient_id: str) -> Iterator[Finding]:
    """One line for each type. `patient_id` is the test patient whom the administrator confirmed."""
    try:
        chart = gateway(inquiry, access, patient_id)
        chart.read("Patient", patient_id)
    except SmartError as error:
        yield _finding(
            "Patient",
            State.FAILED,
            f"Nothing was written: the test patient could not be read. {error.page_reason}",
            unanswered=isinstance(error, Unreachable),
        )
        return
    marker, now = str(uuid4()), datetime.fromtimestamp(inquiry.now(), UTC)
    for name, record in records(patient_id, marker, now).items():
        yield _one(chart, name, record, marker)


def _one(chart: Gateway, name: str, record: dict[str, Any], marker: str) -> Finding:
    refused = _not_tried(chart, name)
    if refused:
        return _finding(name, State.MISSING, f"{words_for(name)}: {refused}")
    try:
        place = _created(chart, name, record, marker)
    except SmartError as error:
        return _not_created(name, error, marker)
    except BaseException as error:
        error.add_note(f"Interrupted while a {name} was written. If it is there, its identifier is {marker}.")
        raise
    if place is None:
        return _lost_answer(name, marker)
    left, dropped = _Left("as it is"), list[str]()
    try:
        dropped = not_kept(record, _read_back(chart, name, place, marker))
    except SmartError as error:
        told = f"was written, but could not be read back. {error.page_reason}"
        left = _take_away(chart, name, place, marker)
        return _told(name, place, State.FAILED, told, left, dropped)
    except BaseException as error:
        # An administrator who presses Ctrl-C wants the record gone as well.
        error.add_note(_ending(place, _take_away(chart, name, place, marker)))
        raise
    left = _take_away(chart, name, place, marker)
    told = (
        f"was written and read back without {listed(dropped)}."
        if dropped
        else "was written and read back whole."
    )
    return _told(name, place, State.NOTE if dropped else State.OK, told, left, dropped)


def _not_tried(chart: Gateway, name: str) -> str:
    for interaction, words in (
        ("create", "not tried, because this EHR does not accept it"),
        ("read", _UNSEEN),
    ):
        offer = chart.offer(name, interaction)
        if offer is Offer.NOT_GRANTED:
            return f"not tried, because the token does not allow {name}.{interaction}."
        if offer is not Offer.YES:
            return f"{words}."
    ways = {chart.offer(name, "delete"), chart.offer(name, "update")}
    return "" if Offer.YES in ways else f"{_STAYS}."


_STAYS = "not tried, because there is no way to take it away again"
_UNSEEN = "not tried, because this EHR would not show it again"


def _created(chart: Gateway, name: str, record: dict[str, Any], marker: str) -> str | None:
    """ "Task/12"; None where the answer was lost and nothing is found. Raises SmartError where the EHR refused."""
    try:
        result = chart.create(record, if_none_exist=None)
        if result.id:
            return f"{name}/{result.id}"
    except (FhirError, Unreachable) as error:
        if not error.may_have_acted:
            raise
    return _looked_up(chart, name, marker)


def _looked_up(chart: Gateway, name: str, marker: str) -> str | None:
    asked = [("patient", chart.patient_id)]
    if "identifier" in chart.capabilities.of(name).search_parameters:
        asked.append(("identifier", f"{IDENTIFIER_SYSTEM}|{marker}"))
    added = READS[name].when_required
    try:
        found = chart.search(name, [*asked, *chart.required(name, asked, known=added)], when_required=added)
    except SmartError:
        return None
    return next((f"{name}/{item.get('id')}" for item in found.matches if is_ours(item, marker)), None)


def _read_back(chart: Gateway, name: str, place: str, marker: str) -> dict[str, Any]:
    """The record as it is kept. Raises NotFound for any other than the one that this run made.

    Where the EHR drops identifiers, our label tells it: an answer may name any record as the one that was made.
    """
    kept = chart.read(name, place.partition("/")[2])
    ours = is_ours(kept, marker) if "identifier" in kept else LABEL in str(kept)
    if f"{name}/{kept.get('id')}" != place or not ours:
        raise NotFound(404)
    return kept


def _take_away(chart: Gateway, name: str, place: str, marker: str) -> _Left:
    """Deletes the record, else marks it as entered in error; only one that this run made."""
    try:
        kept = _read_back(chart, name, place, marker)
    except SmartError:
        return _Left("as it is")
    meta = kept.get("meta")
    version = str(meta.get("versionId") or "") if isinstance(meta, dict) else ""
    if chart.offer(name, "delete") is Offer.YES and version and _deleted(chart, place, version):
        return _Left("deleted")
    return _Left("entered-in-error" if version and _marked(chart, name, kept, version) else "as it is")


def _deleted(chart: Gateway, place: str, version: str) -> bool:
    try:
        chart.client.delete(place, if_match=version)
        chart.client.get(place)
    except (Gone, NotFound):
        return True
    except (SmartError, ValueError):
        return False
    return False


def _marked(chart: Gateway, name: str, kept: dict[str, Any], version: str) -> bool:
    element, place = ERROR_STATUS[name], f"{name}/{kept['id']}"
    if chart.offer(name, "update") is not Offer.YES:
        return False
    try:
        if chart.update_style(name) is UpdateStyle.PATCH:
            change = {"op": "replace", "path": f"/{element}", "value": ERROR}
            chart.patch(place, [change], version=version)
        else:
            chart.put({**kept, element: ERROR}, version=version)
        return bool(chart.client.get(place).get(element) == ERROR)
    except (SmartError, ValueError):
        return False


def _told(name: str, place: str, state: State, told: str, left: _Left, dropped: list[str]) -> Finding:
    return _finding(
        name,
        State.FAILED if State.FAILED in (state, left.state) else state,
        f"{words_for(name)}: {told} {_ending(place, left)}",
        id=place,
        not_kept=dropped,
        left=None if left.how == "deleted" else place,
        how=left.how,
    )


def _ending(place: str, left: _Left) -> str:
    return {
        "deleted": "It is deleted again; nothing is left.",
        "entered-in-error": f"It could not be deleted and stays as {place}, marked entered in error.",
        "as it is": f"It could neither be deleted nor marked: {place} is still there. Remove it by hand.",
    }[left.how]


def _not_created(name: str, error: SmartError, marker: str) -> Finding:
    status = getattr(error, "status", None)
    aside = f" (it answered {status})" if status else ""
    return _finding(
        name,
        State.FAILED,
        f"{words_for(name)}: was not written{aside}. {error.page_reason}",
        left=None,
        marker=marker,
    )


def _lost_answer(name: str, marker: str) -> Finding:
    return _finding(
        name,
        State.FAILED,
        f"{words_for(name)}: no usable answer came, and it was not found. If it is there after all, its identifier is"
        f" {marker}.",
        left=None,
        marker=marker,
    )


def _finding(
    name: str, state: State, sentence: str, *, unanswered: bool = False, **detail: object
) -> Finding:
    return Finding(Area.WRITE_TEST, name, state, sentence, detail, unanswered)
