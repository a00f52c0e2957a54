"""Following a patient: what to think of, how often, who was reached, how ready she is, each time in the program."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, url_for

from app.current import current_launch, current_time
from app.ehr.chart import LATE_SECONDS
from app.views.page import BANNER_TYPES, chart, launch_page
from app.views.prompts import PromptList, prompt_list
from mappings import follow_up
from mappings.appointment import upcoming
from mappings.attempts import attempts
from mappings.baseline import baseline
from mappings.cadence import cadence_data
from mappings.cadence_form import may_wish, rhythm_words
from mappings.chart import Chart
from mappings.closing_summary import episode_start, last_contact, last_contact_words
from mappings.contact_mix import contact_mix
from mappings.enrolment import enrolment_view, may_close, may_plan
from mappings.episodes import Episode, episodes
from mappings.goals_met import goals_met
from mappings.readiness import readiness
from mappings.step import may_step, offered_steps
from mappings.to_do import to_dos
from mappings.whereabouts import whereabouts

blueprint = Blueprint("follow_up", __name__)

TYPES = (*BANNER_TYPES, "Goal", "Condition", "Encounter", "Observation", "Appointment")


@blueprint.get("/l/<launch_id>/follow-up")
def show(launch_id: str) -> str:
    """The page: it files nothing by itself, each of its ways on does."""
    of, now = chart(TYPES, deadline=LATE_SECONDS), current_time()
    found = episodes(of, now)
    current = next((each for each in found if each.open), None)
    return render_template(
        "follow_up/show.html",
        page=launch_page("follow-up", of),
        prompts=_prompts(of, now),
        standing=enrolment_view(of, now=now),
        current=current,
        earlier=[each for each in found if not each.open],
        ways=_ways(of, now, current),
        where=whereabouts(current_launch().ehr.practice, now),
        refused=may_step(of, now=now).reason if current else "",
        **_contacts(of, now, current),
        **_readiness(of, now, current),
    )


def _prompts(of: Chart, now: datetime) -> PromptList:
    found = follow_up.prompts(of, now=now, practice=current_launch().ehr.practice)
    return prompt_list(each for each in found if each.endpoint != "follow_up.show")


def _ways(of: Chart, now: datetime, current: Episode | None) -> list[tuple[str, str]]:
    """The steps that may be taken now, the close, or the way into the program again: words and address."""
    here = current_launch().id
    after = (
        "Transitions of care: discharges, ED visits, who else cares",
        url_for("transition.show", launch_id=here),
    )
    if current is None:
        if may_plan(of, now=now).allowed:
            return [("Open a care plan", url_for("care_plan.show", launch_id=here)), after]
        return [("Consent", url_for("consent.show", launch_id=here)), after]
    steps = offered_steps(of, now=now) if may_step(of, now=now) else {}
    listed = [(rule.label, url_for("step.show", launch_id=here, to=to)) for to, rule in steps.items()]
    if may_close(of, now=now).allowed:
        listed.append(("Close the plan", url_for("close_plan.show", launch_id=here)))
    return [*listed, after]


def _contacts(of: Chart, now: datetime, current: Episode | None) -> dict[str, Any]:
    practice = current_launch().ehr.practice
    start = episode_start(current, now)
    planned = [row for row in to_dos(of, now).rows if row.ours and row.kind == "next-contact"]
    held = last_contact(of, now)
    begun = bool(held and held.when and start and held.when >= start)
    return {
        "rhythm": rhythm_words(of, now=now),
        "may_wish": may_wish(of).allowed,
        "planned": planned,
        "last": last_contact_words(of, now),
        "mix": contact_mix(of, now=now, days=practice.in_person_days, since=start),
        "tries": attempts(of, now=now, practice=practice, since=start),
        "first_visit": None if begun or current is None else cadence_data()["first-visit"],
        "appointments": upcoming(of, now=now),
    }


def _readiness(of: Chart, now: datetime, current: Episode | None) -> dict[str, Any]:
    start = episode_start(current, now)
    goals = goals_met(of, now=now).goals
    return {
        "checks": readiness(of, now=now) if current else (),
        "compared": baseline(of, start=start, now=now, goals=goals) if start else (),
    }
