"""Everything that is built passes two validators that nobody here wrote, US Core 6.1 among them."""

from __future__ import annotations

import pytest

from mappings.consent import lapsed_consents
from mappings.plan_action import new_resources, parse_new
from mappings.plan_revision import parse_plan_revision, plan_revision_defaults, plan_revision_resources
from mappings.sharing import revoked
from tests.mappings.charts import NOW
from tests.mappings.discharges import gone_through
from tests.mappings.goal_course import EHR_GOAL, set_goal
from tests.mappings.goal_course import change as change_goal
from tests.mappings.goal_course import planned as with_goals
from tests.mappings.questionnaire.making import ANSWERED, filed
from tests.mappings.shelf import DIABETES, Resource, Shelf, author, entry_of
from tests.mappings.test_copy_given import log, planned
from tests.mappings.test_eligibility import FULL, decide, shelf
from tests.mappings.test_form_record import SERVICE
from tests.mappings.test_goal_end import end, progress
from tests.mappings.test_introduction import file as introduce
from tests.mappings.test_medication_reconciliation import MORE, WHOLE
from tests.mappings.test_medication_reconciliation import filed as reconcile
from tests.mappings.test_needs_card import made as needs_card
from tests.mappings.test_program_referral import refer
from tests.mappings.test_resource_referral import hear as hear_of_referral
from tests.mappings.test_resource_referral import refer as refer_to
from tests.mappings.test_sbar import sent
from tests.mappings.test_sbar_answer import answer
from tests.mappings.test_sharing import file as share
from tests.mappings.test_stop import change, stop
from tests.mappings.test_task_add import DAUGHTER, added
from tests.mappings.test_task_change import change as change_task
from tests.mappings.visiting import visited
from tests.outside_validators import fhirkit_problems, pyrofile_problems


def accepted() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    return shelf


def opened(**changes: list[str]) -> Shelf:
    shelf = accepted()
    shelf.plan(**changes)
    return shelf


def called(shelf: Shelf) -> tuple[Resource, ...]:
    goal = shelf.only("Goal")["id"]
    ruled = {f"progress.{goal}": ["better"], f"importance.{goal}": ["9"], f"confidence.{goal}": ["8"]}
    task = next(each for each in shelf.chart().resources("Task") if "restriction" in each)
    return shelf.contact(answers=[task["id"]], not_chronic_care=["on"], next_date=["2026-12-10"], **ruled)


def lapsed() -> tuple[Resource, ...]:
    shelf = accepted()
    shelf.close(outcome=["stopped"], reason=["patient-stopped"])
    december = author(NOW.replace(month=12))
    return lapsed_consents(shelf.chart(), december)


def revised(shelf: Shelf) -> tuple[Resource, ...]:
    """A plan with another care type, team and words, and the review that says so."""
    changes = {"care_type": ["palliative-care"], "back_up": ["Omar Reed"], "section_symptoms": ["Swelling"]}
    given = {**plan_revision_defaults(shelf.chart(), now=NOW), **changes, "why": ["Her heart got weaker"]}
    entry = entry_of(parse_plan_revision(given, chart=shelf.chart(), now=NOW))
    return plan_revision_resources(entry, shelf.chart(), author(), shelf.form_id())


def served(shelf: Shelf) -> tuple[Resource, ...]:
    """A service with its frequency, and the plan that names it."""
    entry = entry_of(parse_new(SERVICE, chart=shelf.chart(), now=NOW))
    return new_resources(entry, shelf.chart(), author(), shelf.form_id())


def permitted() -> tuple[Resource, ...]:
    """A permission to share with two agencies, given and taken back."""
    shelf = Shelf()
    made = share(shelf, agencies=["Riverbend Meals\nCity Housing"])
    return made, revoked(made, author(), day=NOW.date(), reason="Moved away")


def set_and_changed() -> tuple[Resource, ...]:
    """A scaled goal that follows one of the EHR's, told of and changed, and one that ended."""
    shelf = with_goals(EHR_GOAL)
    made = progress(shelf, set_goal(shelf, goal_follows=["Goal/ehr"]), level=["+1"], progress=["better"])
    return made, change_goal(shelf, made, goal_how=["With a stick"]), end(shelf, set_goal(shelf))


def heard_of() -> Resource:
    """An appointment, and then that the patient was there."""
    shelf = Shelf(DIABETES)
    refer_to(shelf)
    hear_of_referral(shelf, "appointment-made")
    return hear_of_referral(shelf, "received", told_by="Joan Mbeki", note="She liked it")


def answered() -> tuple[Resource, ...]:
    """A question's answer, with what is to be done."""
    on = Shelf(DIABETES)
    asked = sent(on)
    return (asked, *answer(on, orders=["Recheck on Friday"]))


def handed_off_and_done() -> tuple[Resource, ...]:
    """A task that reaches the daughter, covered by somebody, then done with its result."""
    on = Shelf(DAUGHTER, DIABETES)
    cover = {"to": ["other"], "to_name": ["Bo Lind"], "until": ["2026-12-04"], "words": ["Vacation"]}
    task = change_task(on, added(on, person=["RelatedPerson/r1"]), "hand-off", **cover)
    return (task, change_task(on, task, "done", words=["Faxed"]))


SAVES = {
    "question and answer": answered,
    "task handed off and done": handed_off_and_done,
    "introduction": lambda: introduce(Shelf(), how=["letter"], follow=["2026-12-01"]),
    "consent and a visit to schedule": lambda: Shelf().consent(visit=["schedule"], visit_due=["2026-12-05"]),
    "another practitioner": lambda: change(opened()),
    "stop of the service": lambda: stop(opened()),
    "permission to share": permitted,
    "consent": lambda: Shelf(DIABETES).consent(),
    "consent of a caregiver": lambda: Shelf().consent(
        agreed_by=["caregiver"],
        caregiver_name=["Ana Gibson"],
        mode=["written"],
        date=["2026-11-01"],
        time=[""],
    ),
    "decline": lambda: Shelf().consent(decision=["decline"], ask_again=["2027-02-01"]),
    "plan with words": lambda: accepted().plan(),
    "plan with a measure": lambda: accepted().plan(
        measure=["a1c"], target_value=["8.0"], to_do_owner=["provider"], goal_by=["care-manager"]
    ),
    "goals, set, changed and following one in the chart": set_and_changed,
    "revised plan": lambda: revised(opened()),
    "service": lambda: served(opened()),
    "contact": lambda: called(opened()),
    "contact with a template": lambda: (
        visited(**{"q-dm-range-low": ["71"], "concern_about": ["Condition/c1"]})[1],
    ),
    "message left": lambda: opened().contact(result=["left-message"]),
    "rescheduled": lambda: opened().contact(result=["rescheduled"], mode=["in-person"]),
    "graduation": lambda: opened().close(),
    "stop": lambda: opened().close(outcome=["stopped"], reason=["patient-stopped"]),
    "lapsed consent": lapsed,
    "referral": lambda: refer(Shelf(DIABETES), words=["Alone at home; falls"], asked_by=["Pat, front desk"]),
    "referral to a class": lambda: refer_to(
        Shelf(DIABETES), problem="c1", hand_off="on", hand_off_with="She and I", note="Bus 7"
    ),
    "supplies that an order is asked for": lambda: refer_to(Shelf(DIABETES), "supply", order="needed"),
    "a referral with its order": lambda: refer_to(Shelf(DIABETES), problem="c1", order_too=True),
    "a referral that was heard of": lambda: (heard_of(),),
    "needs card": lambda: needs_card(opened().chart(), Shelf().form_id()),
    "after a discharge": lambda: gone_through(opened().chart(), Shelf().form_id()),
    "eligibility": lambda: decide(shelf(), **FULL),
    "eligibility to be attested": lambda: decide(shelf(), attest=["ask"]),
    "copy given": lambda: log(planned()),
    "assessment": lambda: (filed("phq-9", ANSWERED["phq-9"]),),
    "medication reconciliation": lambda: reconcile(WHOLE, minutes="7", **MORE),
    "assessment half done": lambda: (filed("safety", ANSWERED["safety"], partial=True),),
}


@pytest.mark.parametrize("save", SAVES)
def test_every_record_of_every_save_passes_the_outside_validators(save: str):
    resources = SAVES[save]()
    assert resources
    for resource in resources:
        assert fhirkit_problems(resource) == []
        assert pyrofile_problems(resource) == []
