"""Goals are set, changed, told of and ended: what the chart then says, also where a server keeps no extensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from mappings.chart import Chart
from mappings.difference import merged
from mappings.goal import GoalView, ended_goals, goal_view, goals
from mappings.goal_add import goal_defaults, goal_resources, may_set_goal, parse_goal, too_many
from mappings.goal_change import (
    GONE,
    UNCHANGED,
    change_defaults,
    goal_change_resources,
    may_change_goal,
    own_goal,
    parse_goal_change,
)
from mappings.goal_end import goal_end_resources, parse_goal_end
from mappings.goal_history import goal_history, ruler_trend
from mappings.goal_progress import NOTHING_SAID, goal_progress_resources, parse_goal_progress
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    DIABETES,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
)

LATER = NOW + timedelta(days=17)
LEVELS = ("Stays at home", "Walks to the gate", "Walks to church", "Walks to the lake", "Walks everywhere")
SCALE = {f"level_{number}": [words] for number, words in enumerate(LEVELS, 1)}
EHR_GOAL: Resource = {
    "resourceType": "Goal",
    "id": "ehr",
    "lifecycleStatus": "active",
    "description": {"text": "LDL under 70"},
    "subject": {"reference": "Patient/p1"},
}
ANNA: Resource = {
    "resourceType": "RelatedPerson",
    "id": "anna",
    "patient": {"reference": "Patient/p1"},
    "name": [{"text": "Anna Gibson"}],
}
GOAL: dict[str, Sequence[str]] = {
    "goal_words": ["I want to dance at the wedding"],
    "goal_text": ["Walks to church once a week"],
    "goal_how": ["To the gate first"],
    "goal_why": ["Her granddaughter marries in June"],
    "goal_addresses": ["Condition/c1"],
    "goal_term": ["long-term"],
    "measure": ["scale"],
    "importance": ["8"],
    "confidence": ["5"],
    "more_confident": ["A walking stick"],
    "goal_accepted": ["agree"],
    **SCALE,
}


def planned(*more: Resource, lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, *more, lose=lose)
    shelf.consent()
    shelf.plan()
    return shelf


def flaws(resource: Resource) -> list[str]:
    """What the validators say, but for the number that a server lost."""
    return [each for each in problems_of(resource) if "identifier cardinality" not in each]


def set_goal(shelf: Shelf, **changes: Sequence[str]) -> Resource:
    """Sets a second goal through its form; the Goal as the EHR keeps it."""
    chart = shelf.chart()
    values = {**goal_defaults(chart, now=NOW), **GOAL, **changes}
    entry = entry_of(parse_goal(values, chart=chart, now=NOW))
    provider = {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}
    made = goal_resources(entry, chart, author(), shelf.form_id(), provider=provider)
    assert [flaws(each) for each in made] == [[] for _ in made]
    return shelf.file(made)[0]


def change(
    shelf: Shelf, goal: Resource, reason: str = "Her knee hurts", **changes: Sequence[str]
) -> Resource:
    """Changes a goal through its form; the Goal as the EHR keeps it."""
    chart = shelf.chart()
    values = {**change_defaults(chart, goal["id"]), "reason": [reason], **changes}
    entry = entry_of(parse_goal_change(values, chart=chart, now=LATER))
    made = goal_change_resources(entry, chart, author(LATER), shelf.form_id())
    assert [flaws(each) for each in made] == [[] for _ in made]
    return shelf.file(made)[0]


def seen(goal: Resource) -> GoalView:
    return replace(goal_view(goal, now=LATER), id="", reference="", resource={})


def lines(goal: Resource) -> list[str]:
    return [note["text"] for note in goal["note"]]


def first_goal(shelf: Shelf) -> Resource:
    return shelf.only("Goal")


# ---- setting


@pytest.mark.requirement("domain@6", "domain@12", "domain@14")
@pytest.mark.parametrize("lose", [None, without_extensions, without_meta, without_identifiers])
def test_everything_that_was_said_of_a_goal_comes_back_whatever_the_server_lost(
    lose: Callable[[Resource], Resource] | None,
) -> None:
    row = goal_view(set_goal(planned(lose=lose)), now=NOW)
    assert (row.text, row.patients_words) == ("Walks to church once a week", "I want to dance at the wedding")
    assert (row.how, row.why, row.more_confident) == (
        "To the gate first",
        "Her granddaughter marries in June",
        "A walking stick",
    )
    assert (row.whose_words, row.patients, row.term_words) == ("the patient", True, "Long-term goal")
    assert row.agreement_words == "the patient agrees to this goal (21 Nov 2026)"
    assert row.levels == LEVELS
    assert row.target_words == "Attainment scale, expected: Walks to church"
    assert (row.importance, row.confidence, row.doubtful) == (8, 5, True)
    assert row.addresses == ("Type 2 diabetes",)


@pytest.mark.requirement("client@47")
def test_a_goal_that_is_set_is_us_cores_and_stands_on_the_plan() -> None:
    shelf = planned()
    goal = set_goal(shelf)
    assert goal["expressedBy"]["reference"] == "Patient/p1"
    assert goal["target"][0]["measure"]["coding"] == [{"system": "http://loinc.org", "code": "107332-9"}]
    assert goal["category"][0]["coding"][0]["code"] == "long-term"
    plan = shelf.only("CarePlan")
    assert [each["reference"] for each in plan["goal"]][1] == f"Goal/{goal['id']}"
    assert plan["goal"][1]["display"] == "Walks to church once a week (by 13 Feb 2027)"
    assert "Walks to church once a week" in plan["text"]["div"]


@pytest.mark.parametrize(
    ("changes", "reference", "words"),
    [
        ({}, {"reference": "Patient/p1", "display": "Margery Gibson"}, "the patient"),
        ({"goal_by": ["caregiver"], "goal_by_name": ["Tom"]}, {"display": "Tom"}, "a caregiver, Tom"),
        (
            {"goal_by": ["RelatedPerson/anna"]},
            {"reference": "RelatedPerson/anna", "display": "Anna Gibson"},
            "a caregiver, Anna Gibson",
        ),
        (
            {"goal_by": ["care-manager"]},
            {"reference": "Practitioner/nurse", "display": "Dana Whitfield RN"},
            "the care manager",
        ),
        (
            {"goal_by": ["provider"]},
            {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"},
            "the provider",
        ),
    ],
)
def test_a_goal_says_who_expressed_it(
    changes: dict[str, Sequence[str]], reference: Resource, words: str
) -> None:
    goal = set_goal(planned(ANNA), **changes)
    assert goal["expressedBy"] == reference
    assert goal_view(goal, now=NOW).whose_words == words


def test_an_ehrs_own_goal_is_followed_by_one_of_ours_and_stays_as_it_is() -> None:
    shelf = planned(EHR_GOAL)
    chart = shelf.chart()
    assert goal_defaults(chart, now=NOW, follows="Goal/ehr")["goal_text"] == ("LDL under 70",)
    goal = set_goal(shelf, goal_follows=["Goal/ehr"])
    assert shelf.kept["Goal/ehr"] == EHR_GOAL
    assert goal_view(goal, now=NOW).follows == "LDL under 70"
    (relation,) = [each for each in goal["extension"] if each["url"].endswith("goal-relationship")]
    assert relation["extension"][1]["valueReference"]["reference"] == "Goal/ehr"
    refused = parse_goal({**GOAL, "goal_follows": ["Goal/x"]}, chart=chart, now=NOW)
    assert "goal_follows" in refused.errors


@pytest.mark.requirement("domain@13")
def test_a_third_goal_of_the_patient_is_told_softly_and_may_be_set() -> None:
    shelf = planned()
    assert too_many(shelf.chart(), NOW) == ""
    set_goal(shelf, goal_by=["care-manager"])
    assert too_many(shelf.chart(), NOW) == ""
    set_goal(shelf)
    told = too_many(shelf.chart(), NOW)
    assert "has 2 active goals already: “Walk to church and back” and “Walks to church once a week”." in told
    set_goal(shelf)
    assert len(goals(shelf.chart(), NOW).rows) == 4
    assert "and 1 more" in too_many(shelf.chart(), NOW)


DEAD: Resource = {"resourceType": "Patient", "id": "p1", "deceasedBoolean": True}
NOT_READ = {"CarePlan": ReadStatus.COULD_NOT_READ}


@pytest.mark.parametrize(
    ("steps", "statuses", "patient", "reason"),
    [
        ((), {}, None, "consent first"),
        (("consent",), {}, None, "needs an open care plan"),
        (("consent", "plan"), NOT_READ, None, "could not be seen"),
        (("consent", "plan"), {}, DEAD, "has died"),
        (("consent", "plan"), {}, None, ""),
    ],
)
def test_a_goal_is_set_on_an_open_plan_under_consent(
    steps: Sequence[str], statuses: dict[str, ReadStatus], patient: Resource | None, reason: str
) -> None:
    shelf = Shelf(DIABETES)
    for step in steps:
        getattr(shelf, step)()
    gate = may_set_goal(shelf.chart(patient, **statuses), now=NOW)
    assert (reason in gate.reason) if reason else gate.allowed


def test_where_plans_and_goals_are_never_shown_again_one_is_set_with_a_caution_and_none_is_changed() -> None:
    readings = {
        kind: Reading(kind, ReadStatus.READ, (), ours_unseen=True)
        for kind in ("CarePlan", "Consent", "Goal", "Task")
    }
    chart = Chart(MARGERY, readings)
    gate = may_set_goal(chart, now=NOW)
    assert gate.allowed
    assert "does not show Chartside the care plan again" in gate.caution
    entry = entry_of(
        parse_goal({**goal_defaults(chart, now=NOW), **GOAL, "goal_addresses": []}, chart=chart, now=NOW)
    )
    made = goal_resources(entry, chart, author(), Shelf().form_id())
    assert [each["resourceType"] for each in made] == ["Goal"]
    assert "does not show again the goals" in may_change_goal(chart, "1").reason


# ---- changing


@pytest.mark.requirement("domain@17")
def test_each_field_that_changes_leaves_what_stood_there_what_stands_there_and_why() -> None:
    shelf = planned()
    goal = change(
        shelf, first_goal(shelf), own_target=["15 minutes"], target_due=["2027-02-28"], goal_how=["With a stick"]
    )  # fmt: skip
    said = [line for line in lines(goal) if line.startswith("Goal changed")]
    assert said == [
        "Goal changed, target: from “Minutes walked without a stop 20 minutes; 31 Jan 2027” to"
        " “Minutes walked without a stop 15 minutes; 28 Feb 2027” (2026-12-08). Why: Her knee hurts",
        "Goal changed, how: from “Five minutes more each week” to “With a stick” (2026-12-08). Why: Her knee hurts",
    ]
    assert goal["note"][-1]["authorReference"]["reference"] == "Practitioner/nurse"
    assert goal["note"][-1]["time"] == "2026-12-08T09:14:00-05:00"
    row = goal_view(goal, now=LATER)
    assert (row.target_words, row.due_words, row.how) == (
        "Minutes walked without a stop 15 minutes",
        "28 Feb 2027",
        "With a stick",
    )
    assert shelf.only("CarePlan")["goal"][0]["display"] == "Walk to church and back (by 28 Feb 2027)"


def test_everything_of_a_goal_can_change_and_every_earlier_line_stays() -> None:
    shelf = planned()
    before = first_goal(shelf)
    goal = change(
        shelf,
        before,
        **{**GOAL, "target_value": [""], "goal_addresses": [""]},
        goal_by=["care-manager"],
    )
    assert lines(goal)[: len(before["note"])] == lines(before)
    row = goal_view(goal, now=LATER)
    assert (row.text, row.patients_words, row.levels) == (
        "Walks to church once a week",
        "I want to dance at the wedding",
        LEVELS,
    )
    assert (row.term_words, row.addresses, row.whose_words) == ("Long-term goal", (), "the patient")
    assert [each.confidence for each in row.rulers] == [6, 5]
    assert (row.start_words, goal["id"]) == ("21 Nov 2026", before["id"])


@pytest.mark.parametrize("lose", [without_extensions, without_meta, without_identifiers])
def test_a_changed_goal_says_the_same_where_the_server_lost_part_of_it(
    lose: Callable[[Resource], Resource],
) -> None:
    def changed(shelf: Shelf) -> GoalView:
        return seen(change(shelf, first_goal(shelf), **GOAL))

    assert changed(planned(lose=lose)) == changed(planned())


def test_what_is_taken_out_is_gone_and_its_line_stays() -> None:
    shelf = planned()
    goal = change(shelf, first_goal(shelf), goal_how=[""], goal_words=[""])
    row = goal_view(goal, now=LATER)
    assert (row.how, row.patients_words) == ("", "")
    assert "How: Five minutes more each week" in lines(goal)


def test_what_others_added_to_a_goal_is_kept_through_a_change() -> None:
    shelf = planned()
    theirs = {
        "extension": [{"url": "http://ehr.example/x", "valueString": "theirs"}],
        "category": [{"text": "dietary"}],
        "priority": {"text": "high"},
    }
    goal = first_goal(shelf)
    shelf.kept[f"Goal/{goal['id']}"] = {
        **goal,
        **theirs,
        "target": [*goal["target"], {"dueDate": "2027-05-01"}],
    }
    made = change(shelf, goal, goal_term=["short-term"], own_target=["15 minutes"])
    assert theirs["extension"][0] in made["extension"]
    assert made["category"][0] == {"text": "dietary"}
    assert (made["priority"], made["target"][1]) == ({"text": "high"}, {"dueDate": "2027-05-01"})


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"reason": [""], "goal_how": ["x"]}, "reason", "Write why the goal is changed."),
        ({}, "goal_text", UNCHANGED),
        ({"measure": [""]}, "measure", "Without a measure"),
        ({"target_due": ["2026-11-25"]}, "target_due", "after today"),
        ({"goal": ["other"]}, "form", GONE),
        ({"goal": ["ehr"]}, "form", GONE),
        ({"goal": []}, "form", GONE),
    ],
)
def test_a_change_that_cannot_be_is_told(changes: dict[str, Sequence[str]], field: str, message: str) -> None:
    shelf = planned(EHR_GOAL)
    (own,) = [each for each in shelf.chart().resources("Goal") if each["id"] != "ehr"]
    values = {**change_defaults(shelf.chart(), own["id"]), "reason": ["Her knee"], **changes}
    sent = parse_goal_change(values, chart=shelf.chart(), now=LATER)
    assert sent.entry is None
    assert message in sent.errors[field]


def test_a_goal_of_the_ehrs_own_is_never_offered_for_a_change() -> None:
    chart = planned(EHR_GOAL).chart()
    assert own_goal(chart, "ehr") is None
    assert may_change_goal(chart, "ehr").reason == GONE
    dark = planned().chart(Goal=ReadStatus.COULD_NOT_READ)
    assert "could not be seen" in may_change_goal(dark, "1").reason


@pytest.mark.requirement("client@42")
@pytest.mark.parametrize(("keep", "how", "told"), [((), "Their step", False), (("how",), "My step", True)])
def test_of_two_changes_each_line_goes_with_its_field(keep: tuple[str, ...], how: str, told: bool) -> None:
    shelf = planned()
    goal = first_goal(shelf)
    chart = shelf.chart()
    theirs = change(shelf, goal, "Theirs", goal_how=["Their step"])
    values = {**change_defaults(chart, goal["id"]), "reason": ["Mine"], "goal_how": ["My step"]}
    entry = entry_of(parse_goal_change(values, chart=chart, now=LATER))
    mine = goal_change_resources(entry, chart, author(LATER), shelf.form_id())[0]
    both = merged(theirs, mine, keep)
    assert goal_view(both, now=LATER).how == how
    assert any("Why: Mine" in line for line in lines(both)) is told
    assert any("Why: Theirs" in line for line in lines(both))


# ---- how it goes


def progress(shelf: Shelf, goal: Resource, **said: Sequence[str]) -> Resource:
    chart = shelf.chart()
    entry = entry_of(parse_goal_progress({"goal": [goal["id"]], **said}, chart=chart, now=LATER))
    (made,) = goal_progress_resources(entry, chart, author(LATER), shelf.form_id())
    assert problems_of(made) == []
    return shelf.file([made])[0]


@pytest.mark.requirement("domain@14", "domain@15")
def test_importance_and_confidence_are_asked_each_time_and_make_a_trend() -> None:
    shelf = planned()
    goal = progress(
        shelf,
        first_goal(shelf),
        progress=["better"],
        importance=["9"],
        confidence=["8"],
        note=["She walked."],
    )
    row = goal_view(goal, now=LATER)
    assert (row.achievement, row.confidence, row.trend, row.doubtful) == ("better", 8, "up", False)
    course = ruler_trend(row.rulers)
    assert course.confidence is not None
    assert course.confidence.description == "2 values, from 6 of 10 in Nov 2026 to 8 of 10 in Dec 2026"
    assert course.confidence.band_height > 0
    assert [each.confidence for each in course.rulers] == [8, 6]


@pytest.mark.parametrize("lose", [None, without_extensions])
def test_the_level_that_is_reached_stands_with_its_day(lose: Callable[[Resource], Resource] | None) -> None:
    shelf = planned(lose=lose)
    goal = progress(shelf, set_goal(shelf), level=["-1"])
    rating = goal_view(goal, now=LATER).rating
    assert rating is not None
    assert (rating.step, rating.day) == (-1, LATER.date())
    assert "Attainment -1 (2026-12-08)" in lines(goal)


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({}, "progress", NOTHING_SAID),
        ({"progress": ["great"]}, "progress", "Choose one"),
        ({"importance": ["0"], "confidence": ["1"]}, "importance", "from 1 to 10"),
        ({"level": ["1"]}, "level", "Choose one"),
        ({"goal": ["x"], "progress": ["better"]}, "form", GONE),
    ],
)
def test_progress_that_says_nothing_or_wrong_is_told(
    said: dict[str, Sequence[str]], field: str, message: str
) -> None:
    shelf = planned()
    values = {"goal": [first_goal(shelf)["id"]], **said}
    assert message in parse_goal_progress(values, chart=shelf.chart(), now=LATER).errors[field]


# ---- the end


@pytest.mark.parametrize(
    ("ending", "lifecycle", "achievement", "words"),
    [
        ("met", "completed", "achieved", "Met: She dances"),
        ("not-met", "cancelled", "not-achieved", "Not met in time: She dances"),
        ("not-attainable", "cancelled", "not-attainable", "Cannot be reached: She dances"),
        ("not-wanted", "cancelled", "in-progress", "No longer wanted by the patient: She dances"),
    ],
)
def test_a_goal_ends_with_its_reason_and_its_tasks_while_the_plan_goes_on(
    ending: str, lifecycle: str, achievement: str, words: str
) -> None:
    shelf = planned()
    goal, chart = first_goal(shelf), shelf.chart()
    due = [task["id"] for task in chart.resources("Task") if "restriction" in task]
    values = {"goal": [goal["id"]], "ending": [ending], "reason": ["She dances"], "call_off": due[:1]}
    entry = entry_of(parse_goal_end(values, chart=chart, now=LATER))
    made = goal_end_resources(entry, chart, author(LATER), shelf.form_id())
    assert [problems_of(each) for each in made] == [[], []]
    ended, task = shelf.file(made)
    assert (ended["lifecycleStatus"], ended["achievementStatus"]["coding"][0]["code"]) == (
        lifecycle,
        achievement,
    )
    assert (ended["statusReason"], task["status"], task["id"]) == (words, "cancelled", due[0])
    assert any(line.startswith("Goal ended (2026-12-08): ") for line in lines(ended))
    assert shelf.only("CarePlan")["status"] == "active"
    assert goals(shelf.chart(), LATER).rows == ()
    (row,) = ended_goals(shelf.chart(), LATER)
    assert row.ended_words == words


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ending": [""]}, "ending"),
        ({"reason": [""]}, "reason"),
        ({"call_off": ["x"]}, "call_off"),
        ({"goal": ["x"]}, "form"),
    ],
)
def test_an_end_without_how_or_why_is_told(changes: dict[str, Sequence[str]], field: str) -> None:
    shelf = planned()
    values = {"goal": [first_goal(shelf)["id"]], "ending": ["not-met"], "reason": ["Too far"], **changes}
    assert field in parse_goal_end(values, chart=shelf.chart(), now=LATER).errors


# ---- the history


@pytest.mark.requirement("domain@17")
@pytest.mark.parametrize("timeless", [False, True])
def test_a_goal_tells_its_own_history_with_day_author_and_reason(timeless: bool) -> None:
    shelf = planned()
    goal = change(shelf, first_goal(shelf), own_target=["15 minutes"])
    if timeless:
        notes = [{key: value for key, value in note.items() if key != "time"} for note in goal["note"]]
        goal = {**goal, "note": notes}
    changed, *_ = goal_history(goal, shelf.chart(), now=LATER)
    assert (changed.kind, changed.day, changed.by, changed.why) == (
        "changed",
        LATER.date(),
        "Dana Whitfield RN",
        "Her knee hurts",
    )
    assert changed.words.startswith("Target: from “Minutes walked without a stop 20 minutes")
