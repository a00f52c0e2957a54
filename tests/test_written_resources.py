"""Everything the app writes, in its whole variety, is valid to programs nobody here wrote, and kept by two EHRs.

Each episode of `tests/written/variety.py` is filed save by save through the app's own gateway and `record.save`: into
the sandbox through a real launch, and into sekmet-fhir, a server that had no part in this project. So updates carry
the ids and versions that an EHR gave, and what is checked is what an EHR holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product

import pytest
from fhir.resources.R4B import get_fhir_model_class
from lxml import etree

from app.ehr.bundle import is_update, transaction_bundle
from fhir_profiles.terminology import codes, display
from fhir_profiles.validator import validate
from mappings import pick_lists
from mappings.goal import FINAL_WORDS
from mappings.narrative import XHTML
from mappings.step_rules import STEP_STATES
from tests.outside_validators import (
    FALSE_ALARMS,
    US_CORE_VERSIONS,
    false_alarms,
    fhirkit_problems,
    pyrofile_problems,
)
from tests.written.charts import PUBLIC
from tests.written.contents import (
    coded,
    outputs,
    public_codes_of_questionnaires,
    strings,
    the_same_but_for_the_search,
    without,
)
from tests.written.course import Office, Record, Step, without_server_parts
from tests.written.ehrs import sandbox, sekmet
from tests.written.saves import Resource
from tests.written.variety import EPISODES, HOSTILE, Episode

IN_THE_CAST = [episode for episode in EPISODES if not episode.real]
NOTICED_BY_US_CORE = {
    "3.1.1": {"text", "category", "assess-plan", "description"},
    "6.1.0": {"category", "assess-plan", "description"},
    "7.0.0": {"category", "assess-plan", "description"},
    "8.0.0": {"category", "description"},
}
"""What each version's own CarePlan and Goal profiles demand, read in their differentials: so each is seen at work."""
each_episode = pytest.mark.parametrize("episode", EPISODES, ids=lambda episode: episode.name)


# Kept to the end of the run: its classes come one by one, and each would file the whole variety anew.
@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The sandbox EHR."""
    with sandbox(tmp_path_factory.mktemp("sandbox")) as ehr:
        yield Office(ehr)


@pytest.fixture(scope="session")
def theirs() -> Iterator[Office]:
    """A running sekmet-fhir."""
    with sekmet() as ehr:
        yield Office(ehr)


def course(office: Office, episode: Episode) -> tuple[Step, ...]:
    if episode.real and not PUBLIC.is_dir():
        pytest.skip("real public data (../shared/data) is not on this machine")
    return office.course(episode)


def records(office: Office, episode: Episode) -> list[Record]:
    return [record for step in course(office, episode) for record in step.records]


def held(office: Office, episodes: Iterable[Episode] = IN_THE_CAST) -> list[Resource]:
    """Every version of every record that the EHR was made to hold."""
    return [record.got for episode in episodes for record in records(office, episode)]


class TestTheVariety:
    """The episodes hold every answer that the forms offer, or the proofs below would prove less than they say."""

    def test_every_mode_of_contact_has_every_result(self, ours):
        seen = {(said["mode"], said["result"]) for task in held(ours) if (said := outputs(task))}
        assert seen == set(product(codes("contact-mode"), codes("contact-result")))

    @pytest.mark.parametrize(
        ("system", "expected"),
        [
            (
                "task-code",
                {
                    *("contact", "to-do", "enrolment-state", "eligibility", "assessment"),
                    *("plan-shared", "plan-review", "referral", "medication-reconciliation", "transition"),
                    "needs-card",
                },
            ),
            ("referral-state", set(codes("referral-state"))),
            ("assessment-part", set(codes("assessment-part"))),
            ("needs-card-item", set(codes("needs-card-item"))),
            ("needs-card-answer", set(codes("needs-card-answer"))),
            ("task-output", set(codes("task-output"))),
            ("eligibility-part", set(codes("eligibility-part"))),
            ("eligibility-decision", set(codes("eligibility-decision"))),
            ("risk-tier", set(codes("risk-tier"))),
            ("medication-answer", set(codes("medication-answer"))),
            ("contact-with", set(codes("contact-with"))),
            ("service-type", set(codes("service-type"))),
            ("to-do-kind", set(codes("to-do-kind"))),
            (
                "enrolment-state",
                {
                    *("identified", "referred", "introduced", "consented", "declined", "plan-active"),
                    *STEP_STATES,
                    *pick_lists.outcomes(),
                },
            ),
            (
                "loinc.org",
                {measure.loinc for measure in pick_lists.measures().values()} | {"59284-0", "107332-9"},
            ),
            ("goal-term", set(codes("goal-term"))),
            (
                "goal-achievement",
                {
                    *("in-progress", "improving", "no-change", "worsening"),
                    *("achieved", "not-achieved", "not-attainable"),
                },
            ),
        ],
    )
    def test_every_code_that_a_form_can_give_is_written(self, ours, system, expected):
        asked = public_codes_of_questionnaires() - expected if system == "loinc.org" else frozenset()
        seen = {code for resource in held(ours) for name, code in coded(resource) if name == system}
        assert seen - asked == expected

    @pytest.mark.parametrize(
        ("kind", "element", "expected"),
        [
            ("CarePlan", "status", {"draft", "active", "on-hold", "completed", "revoked"}),
            ("Goal", "lifecycleStatus", {"active", "completed", "cancelled"}),
            (
                "Task",
                "status",
                {
                    *("requested", "accepted", "in-progress", "on-hold"),
                    *("completed", "failed", "cancelled", "rejected"),
                },
            ),
            ("Consent", "status", {"active", "inactive", "rejected"}),
        ],
    )
    def test_every_status_is_written(self, ours, kind, element, expected):
        assert {each[element] for each in held(ours) if each["resourceType"] == kind} == expected

    def test_consents_are_given_in_every_way_and_goals_end_in_every_way(self, ours):
        extensions = [
            {part["url"]: part for part in extension["extension"]}
            for each in held(ours)
            if each["resourceType"] == "Consent"
            for extension in each.get("extension", [])
        ]
        assert {each["mode"]["valueCode"] for each in extensions} == set(codes("consent-mode"))
        ended = {task.get("reasonCode", {}).get("text", "") for task in held(ours)}
        reasons = {text.rpartition("Reason: ")[2] for text in ended if "Reason: " in text}
        assert reasons == {display("close-reason", code).lower() for code in codes("close-reason")}
        notes = " ".join(note["text"] for each in held(ours) for note in each.get("note", []))
        assert [words for words in FINAL_WORDS.values() if f"): {words.lower()}." not in notes] == []
        assert len({len(each["dateTime"]) for each in held(ours) if each["resourceType"] == "Consent"}) == 2

    def test_new_records_and_changed_ones_of_every_type_are_among_them(self, ours):
        listed = [record for episode in IN_THE_CAST for record in records(ours, episode)]
        seen = Counter((each.sent["resourceType"], is_update(each.sent)) for each in listed)
        assert set(seen) == set(product(("CarePlan", "Goal", "Task", "Consent"), (True, False)))


class TestValid:
    """Each record as an EHR holds it, against R4, US Core and our own profiles."""

    @each_episode
    def test_to_our_validator_and_the_models_of_r4(self, ours, episode):
        for step in course(ours, episode):
            for record in step.records:
                for resource in (record.sent, record.got):
                    assert validate(resource) == ()
                    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
            bundle = transaction_bundle([record.sent for record in step.records], conditional=["Task"])
            get_fhir_model_class("Bundle").model_validate(bundle)

    @pytest.mark.requirement("client@46")
    @each_episode
    def test_to_pyrofile_with_r4_and_us_core(self, ours, episode):
        assert [problem for each in records(ours, episode) for problem in pyrofile_problems(each.got)] == []

    @each_episode
    def test_to_fhirkit(self, ours, episode):
        for step in course(ours, episode):
            bundle = transaction_bundle([record.sent for record in step.records], conditional=["Task"])
            assert fhirkit_problems(bundle) == []
            assert [problem for each in step.records for problem in fhirkit_problems(each.got)] == []

    @pytest.mark.parametrize(
        "version",
        [
            "3.1.1",
            "8.0.0",
            *(pytest.param(each, marks=pytest.mark.soak) for each in US_CORE_VERSIONS if each == "7.0.0"),
        ],
    )
    def test_plans_and_goals_to_other_versions_of_us_core(self, ours, version):
        """Each as it was first filed and as it was left: the profiles say nothing of what lies between."""
        listed = [each for each in held(ours) if each["resourceType"] in {"CarePlan", "Goal"}]
        first = {each["id"]: each for each in reversed(listed)}
        last = {each["id"]: each for each in listed}
        assert len(first) > len(IN_THE_CAST)
        both = [*first.values(), *last.values()]
        assert [problem for each in both for problem in pyrofile_problems(each, version)] == []

    @pytest.mark.parametrize(("version", "noticed"), NOTICED_BY_US_CORE.items())
    def test_each_version_of_us_core_notices_what_it_demands(self, ours, version, noticed):
        listed = held(ours, IN_THE_CAST[:1])
        plan = next(each for each in listed if each["resourceType"] == "CarePlan")
        goal = next(each for each in listed if each["resourceType"] == "Goal")
        broken = {
            "text": without(plan, "text"),
            "category": without(plan, "category"),
            "assess-plan": {**plan, "category": plan["category"][1:]},
            "description": without(goal, "description"),
        }
        problems = {name: " ".join(pyrofile_problems(each, version)) for name, each in broken.items()}
        assert {name for name, said in problems.items() if "(us-core-" in said} == noticed

    def test_each_named_false_alarm_is_still_raised(self, ours):
        """One that is not any more would hide a true alarm; the validator may have been mended."""
        raised = Counter(alarm for each in held(ours) for alarm in false_alarms(each))
        assert [alarm for alarm in FALSE_ALARMS if not raised[alarm]] == []


class TestNarrative:
    """The text that a person reads in any EHR."""

    @pytest.mark.requirement("client@53")
    @each_episode
    def test_every_record_has_one_that_is_well_formed_xhtml(self, ours, episode):
        for record in records(ours, episode):
            assert record.got["text"]["status"] == "generated"
            div = etree.fromstring(record.got["text"]["div"])
            assert div.tag == f"{{{XHTML}}}div"
            assert {etree.QName(each).localname for each in div.iter()} <= {
                *("div", "p", "b", "ul", "li", "br")
            }
            assert "".join(div.itertext()).strip()

    def test_what_somebody_typed_is_only_ever_text_in_it(self, ours):
        """Not one of the tags or entities typed became markup; whatever of it a record holds, its text says."""
        episode = next(each for each in EPISODES if "hostile" in each.name)
        typed = HOSTILE.split("\n")[0]
        told = [
            "".join(etree.fromstring(record.got["text"]["div"]).itertext())
            for record in records(ours, episode)
            if typed in strings({**record.got, "text": ""})
        ]
        assert len(told) > len(episode.saves)
        assert [words for words in told if typed not in words] == []


class TestKept:
    """Given back as sent: the same record, but for what an EHR must add."""

    @each_episode
    @pytest.mark.parametrize("office", ["ours", "theirs"])
    def test_by_the_sandbox_and_by_a_server_nobody_here_wrote(self, office, episode, request):
        for record in records(request.getfixturevalue(office), episode):
            new = not is_update(record.sent)
            assert without_server_parts(record.got, new=new) == without_server_parts(record.expected)

    @each_episode
    @pytest.mark.parametrize("office", ["ours", "theirs"])
    def test_each_record_in_the_version_that_the_receipt_names(self, office, episode, request):
        for record in records(request.getfixturevalue(office), episode):
            before = int(record.sent["meta"].get("versionId", "0"))
            assert record.got["meta"]["versionId"] == record.filed.version_id == str(before + 1)
            assert record.filed.updated == is_update(record.sent)
            assert record.reference == f"{record.got['resourceType']}/{record.got['id']}"

    @each_episode
    def test_and_the_app_then_shows_the_same_from_both(self, ours, theirs, episode):
        for here, there in zip(course(ours, episode), course(theirs, episode), strict=True):
            assert the_same_but_for_the_search(here.view) == the_same_but_for_the_search(there.view)
