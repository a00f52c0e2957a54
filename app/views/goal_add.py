"""Setting a goal: the patient's words first, the five parts with their questions, and how the patient sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.current import current_time
from app.kept_forms import sent_values
from app.views import filing
from app.views.before_filing import Record, notice
from app.views.page import BANNER_TYPES, chart, not_accepted
from mappings import pick_lists
from mappings.attainment import LEVEL_FIELDS, STEP_WORDS, STEPS
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.consent import related_persons
from mappings.episode import open_plan
from mappings.form import Submitted
from mappings.goal_add import (
    NewGoal,
    foreign_goals,
    goal_defaults,
    goal_resources,
    may_set_goal,
    offered_problems,
    parse_goal,
    too_many,
)
from mappings.goal_checks import checks_of, parts
from mappings.goal_form import ACCEPTED, COMPARATORS, GOAL_BY, OWN_MEASURE, TERMS
from mappings.goal_target import SCALE_MEASURE
from mappings.last_value import LastValue, last_values
from mappings.target_defaults import checked_on, offered_targets

blueprint = Blueprint("goal_add", __name__)

TYPES = (*BANNER_TYPES, "Goal", "Condition", "Observation", "RelatedPerson")
WRITES = (("Goal", "create"),)
"""Without which no goal can be set; that the plan names it is left out where the EHR takes no change of the plan."""
PLAN_CHANGE = (("CarePlan", "update"),)
LAST_PREFIX = "last_"
"""Before a measure's code: the last value as the page shows it, so that a question at a field needs no second read."""


def choices(of: Chart, now: datetime) -> Mapping[str, Any]:
    """What every form of a goal offers to choose from, and what its questions need."""
    measures = [(each.code, f"{each.label} ({each.unit})") for each in pick_lists.measures().values()]
    own = (OWN_MEASURE, "Something else, in words")
    scaled = (SCALE_MEASURE, "A scale of five levels, in words")
    return {
        "measures": [*measures, own, scaled],
        "comparators": tuple(COMPARATORS.items()),
        "whose": [*GOAL_BY.items(), *related_persons(of).items()],
        "terms": tuple(TERMS.items()),
        "answers": tuple(ACCEPTED.items()),
        "problems": tuple(offered_problems(of, now).items()),
        "parts": {part.field: part for part in parts()},
        "levels": [(name, STEP_WORDS[step]) for name, step in zip(LEVEL_FIELDS, STEPS, strict=True)],
        "last": last_values(of, now),
        "labels": {each.code: each.label for each in pick_lists.measures().values()},
        "last_shown": {
            f"{LAST_PREFIX}{code}": f"{value.number}|{value.words}|{value.date_words}"
            for code, value in last_values(of, now).items()
        },
    }


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    followed = foreign_goals(of, now).get(request.values.get("goal_follows", ""))
    return {
        **choices(of, now),
        "offered": offered_targets(of, now=now),
        "offered_on": checked_on(),
        "followed": followed,
        "changing": None,
        "cautions": (may_set_goal(of, now=now).caution, too_many(of, now)),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What setting a goal files. Where the EHR takes no change of the plan, the goal stands by itself."""
    named = (Record("its place on the care plan", "CarePlan", "update"),) if _on_plan(of) else ()
    return Record("the goal", "Goal"), *named


def _on_plan(of: Chart) -> bool:
    return open_plan(of) is not None and not not_accepted(PLAN_CHANGE)


def _build(entry: NewGoal, of: Chart, *rest: Any) -> list[dict[str, Any]]:
    made = goal_resources(entry, of, *rest, provider=primary_care_provider(of))
    return [each for each in made if each["resourceType"] != "CarePlan" or _on_plan(of)]


def _defaults(of: Chart, now: datetime) -> filing.Values:
    asked = request.args.get("target", "")
    offered = next((each.values for each in offered_targets(of, now=now) if each.code == asked), {})
    return {**goal_defaults(of, now=now, follows=request.args.get("goal_follows", "")), **offered}


FORM: filing.FormPage[NewGoal] = filing.FormPage(
    name="goal-add",
    endpoint="goal_add",
    template="goal/add.html",
    types=TYPES,
    parse=lambda values, of, now: parse_goal(values, chart=of, now=now),
    build=_build,
    defaults=_defaults,
    gate=lambda of, now: may_set_goal(of, now=now).reason,
    context=_context,
    writes=lambda of: WRITES,
)


@blueprint.get("/l/<launch_id>/goal/add")
def show(launch_id: str) -> ResponseReturnValue:
    """The form, or why no goal may be set now."""
    asked = {name: request.args[name] for name in ("target", "goal_follows") if name in request.args}
    return filing.show(replace(FORM, parameters=asked))


@blueprint.post("/l/<launch_id>/goal/add")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the goal and its place on the plan."""
    return filing.send(FORM)


@blueprint.post("/l/<launch_id>/goal/questions")
def questions(launch_id: str) -> str:
    """The gentle question at each field whose part is weak, for the page to put there. Reads and writes nothing."""
    form: Submitted[object] = Submitted(values=sent_values(), errors={}, entry=None)
    asked = checks_of(form, today=current_time().date(), last=_shown(form))
    return render_template("goal/questions.html", asked=asked, parts=parts())


@blueprint.post("/l/<launch_id>/goal/target")
def target(launch_id: str) -> str:
    """The fields as they were sent, with one of the targets to start from put in; the goal's own sentence stays."""
    of, now, sent = chart(TYPES), current_time(), sent_values()
    asked = next(iter(sent.get("target", ())), "")
    offered = next((each.values for each in offered_targets(of, now=now) if each.code == asked), {})
    typed = {name: items for name, items in sent.items() if any(items) and name != "target"}
    own = {"goal_text": typed["goal_text"]} if "goal_text" in typed else {}
    form: Submitted[object] = Submitted(values={**typed, **offered, **own}, errors={}, entry=None)
    return render_template("goal/fields.html", form=form, **_context(of, now))


@blueprint.app_template_filter("goal_questions")
def questions_of(form: Submitted[object], last: Mapping[str, LastValue]) -> Mapping[str, str]:
    """The same for a form that is shown."""
    return checks_of(form, today=current_time().date(), last=last)


def _shown(form: Submitted[object]) -> Mapping[str, LastValue]:
    """The last values as the page that was sent had shown them: "7.4|7.4 %|3 Nov 2026"."""
    found = {}
    for name, (raw, *_) in ((name, items) for name, items in form.values.items() if items):
        number, words, day = ([*raw.split("|", 2), "", "", ""])[:3]
        if name.startswith(LAST_PREFIX) and (value := _number(number)) is not None:
            found[name.removeprefix(LAST_PREFIX)] = LastValue(value, words, day)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
