"""Every episode of the variety filed as notes, alone and beside native records: the chart comes out the same."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import orjson
import pytest

from mappings.filed_answers import filed_answers
from mappings.filed_document import filed_document
from mappings.fold import (
    carried_blocks,
    fold,
    linked_by_identifier,
)
from mappings.identity import full_url, identifier_value
from mappings.today import today_view
from mappings.vendor import vendor
from tests.mappings.filed import HERE, chart_with, course, without_server_parts
from tests.written.course import shown
from tests.written.saves import built

OURS = ("CarePlan", "Goal", "Task", "Consent")
BRIEF = ("declined, asked again, agreed", "by video until transferred")
"""The courses that the suite tells in every form; the others are told by `make soak`."""
each_episode = pytest.mark.parametrize(
    "episode",
    [pytest.param(each, marks=[] if each.name in BRIEF else pytest.mark.soak) for each in HERE],
    ids=lambda episode: episode.name,
)


EPISODES = {episode.name: episode for episode in HERE}
MIXTURES = {
    "notes": {},
    "like Canvas": {"created": ("Task", "Consent"), "changed": ("Task",), "answers": True},
    "without identifiers": {"created": ("Task", "Consent"), "changed": ("Task",), "drops": ("identifier",)},
    "create only": {"created": ("CarePlan", "Goal")},
    "goals": {"created": ("Goal",), "changed": ("Goal",), "drops": ("extension", "text")},
    "nothing changes": {"created": OURS},
    "native": {"created": OURS, "changed": OURS},
}
TRIED_BRIEFLY = ("declined, asked again, agreed", "typed by somebody hostile")
SLICE = [
    pytest.param(episode, name, marks=[] if episode in TRIED_BRIEFLY else pytest.mark.soak)
    for episode in EPISODES
    for name in MIXTURES
]


@cache
def native_views(episode: str) -> list[dict]:
    """What the app shows after each save where the EHR takes every record."""
    patient = EPISODES[episode].patient
    steps = course(EPISODES[episode])
    return [the_view(chart_with(patient, list(step.kept.values())), step.now) for step in steps]


def with_places(resource: dict, given: Mapping[str, str]) -> dict:
    """The record with the references that the EHR gave in place of urns."""
    text = orjson.dumps(resource).decode()
    for urn, reference in given.items():
        text = text.replace(f'"{urn}"', f'"{reference}"')
    return orjson.loads(text)


class Ehr:
    """An EHR in memory that takes some types of record, changes fewer of them, and takes notes for the rest."""

    def __init__(self, patient, *, created=(), changed=(), answers=False, drops=()) -> None:
        self.patient, self.answers = patient, answers
        self.created, self.changed, self.drops = created, changed, drops
        self.held: dict[str, dict] = {}
        self.notes: list[dict] = []

    def folded(self):
        natives = {kind: [] for kind in OURS}
        for reference, resource in self.held.items():
            natives[reference.split("/")[0]].append(resource)
        return fold([block for note in reversed(self.notes) for block in carried_blocks(note)], natives)

    def file(self, resources, save) -> None:
        """Each record in the first form that is taken; what points from one form to the other does so by identifier."""
        folded = self.folded()
        taken = [each for each in resources if self._takes(each, folded)]
        rest = [each for each in resources if not self._takes(each, folded)]
        alone = {
            **{each: each for each in folded.in_notes_alone},
            **{full_url(each): f"{each['resourceType']}/{identifier_value(each)}" for each in rest},
        }
        given = {full_url(each): f"{each['resourceType']}/{self._id(each)}" for each in taken}
        for resource in taken:
            sent = with_places(linked_by_identifier(resource, alone), given)
            self._keep({**sent, "id": self._id(resource)}, save)
        if rest:
            self._file_note([with_places(each, given) for each in rest], save, folded.next_number)

    def _takes(self, resource, folded) -> bool:
        if not resource.get("id"):
            return resource["resourceType"] in self.created
        reference = f"{resource['resourceType']}/{resource['id']}"
        return reference in self.held and resource["resourceType"] in self.changed

    @staticmethod
    def _id(resource) -> str:
        return resource.get("id") or f"n-{identifier_value(resource)[:13]}"

    def _keep(self, resource, save) -> None:
        reference = f"{resource['resourceType']}/{resource['id']}"
        version = int(self.held[reference]["meta"]["versionId"]) + 1 if reference in self.held else 1
        meta = {**resource["meta"], "versionId": str(version), "lastUpdated": save.now.isoformat()}
        kept = {name: part for name, part in resource.items() if name not in self.drops}
        self.held[reference] = {**kept, "meta": meta}

    def _file_note(self, resources, save, number) -> None:
        facts = {"author": save.author, "form_id": save.form_id, "number": number}
        made = (
            filed_answers(resources, **facts)
            if self.answers
            else filed_document(resources, vendor=vendor("oracle"), **facts)
        )
        self.notes.append({**made, "id": f"note-{number}"})


def by_reference(folded) -> dict:
    """Every record without what its EHR adds."""
    return {
        f"{kind}/{each['id']}": without_server_parts(each)
        for kind, listed in folded.resources.items()
        for each in listed
    }


def saved(episode, ehr):
    """Files an episode save by save, each built on the folded chart; gives the chart after each."""
    for save, step in zip(episode.saves, course(episode), strict=True):
        before = chart_of(episode, ehr)
        resources = built(save, before, step.now, step.form_id)
        ehr.file(resources, step)
        yield step, resources, chart_of(episode, ehr)


def chart_of(episode, ehr):
    return chart_with(
        episode.patient, [each for listed in ehr.folded().resources.values() for each in listed]
    )


def the_view(chart, now):
    return shown(today_view(chart, now=now))


class TestCourses:
    """Every episode of the variety, filed in every mixture of forms."""

    @each_episode
    @pytest.mark.parametrize("answers", [False, True], ids=["documents", "answers"])
    def test_notes_alone_give_the_records_of_a_native_ehr(self, episode, answers):
        ehr = Ehr(episode.patient, answers=answers)
        for step, resources, _ in saved(episode, ehr):
            assert [without_server_parts(each) for each in resources] == [
                without_server_parts(each) for each in step.resources
            ]
            folded = ehr.folded()
            kept = {reference: without_server_parts(each) for reference, each in step.kept.items()}
            assert by_reference(folded) == kept
            assert set(folded.carried_by) == folded.in_notes_alone == set(kept)
            assert (folded.conflicts, folded.damaged) == ((), ())
            assert folded.next_number == len(ehr.notes) + 1

    @pytest.mark.parametrize(("episode", "name"), SLICE, ids=str)
    def test_the_app_shows_the_same_whatever_form_the_ehr_takes(self, episode, name):
        ehr = Ehr(EPISODES[episode].patient, **MIXTURES[name])
        for (step, _, chart), there in zip(saved(EPISODES[episode], ehr), native_views(episode), strict=True):
            assert the_view(chart, step.now) == there
            assert ehr.folded().conflicts == ()
