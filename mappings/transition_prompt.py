"""What Today points out after a discharge or an emergency visit: the call first, then the visit and the medicines.

While an EHR does not show what was documented, the clock is told with that caution until its day has passed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mappings import dates
from mappings.chart import Chart
from mappings.ed_follow_up import EdVisit, not_followed_up
from mappings.practice import Practice
from mappings.prompt import Prompt
from mappings.transition import Transition, current, holiday_words
from mappings.transition_rules import clocks
from mappings.transition_stay import weekday_words

_SEE = "See the clocks"


def prompts(chart: Chart, *, now: datetime, practice: Practice) -> tuple[Prompt, ...]:
    """The prompts of the discharge whose clocks run, and of emergency visits that nobody followed up."""
    found = current(chart, now=now)
    after = (*_call(found, now), *_visit(found, now), *_medicines(found, now), *_list(found)) if found else ()
    return (*after, *(_emergency(row, now) for row in not_followed_up(chart, now=now) if row.known))


def call_sentence(found: Transition, now: datetime) -> str:
    """ "Discharged Thu; call by Mon 5 pm." or, when that has passed, "Discharged Thu; the call was due Mon."."""
    discharged = weekday_words(found.dates.discharged, now)
    by = weekday_words(found.dates.contact_by, now)
    if found.today > found.dates.contact_by:
        return f"Discharged {discharged}; the call was due {by}."
    when = "today" if found.today == found.dates.contact_by else by
    return f"Discharged {discharged}; call by {when} {clocks().call_by}."


def _call(found: Transition, now: datetime) -> tuple[Prompt, ...]:
    late = found.today > found.dates.contact_by
    if found.contact is not None or (late and not found.known):
        return ()
    tries = len(found.tries)
    said = [
        f"{found.stay.where_to}{f' ({found.stay.visit.reason})' if found.stay.visit.reason else ''}.",
        "Ask where she or he went: the chart does not say." if found.destination.clock == "ask" else "",
        holiday_words(found.dates),
        f"{tries} {'try' if tries == 1 else 'tries'} in time, nobody reached: keep trying." if tries else "",
        "" if found.other_contact is None else "A contact since then is not marked as transition of care.",
        "" if found.known else "This EHR does not show whether somebody called already.",
    ]
    return (
        Prompt(
            call_sentence(found, now),
            " ".join(filter(None, said)),
            "Document the call",
            "contact.show",
            {"discharge": found.stay.id},
            urgent=not (late and found.tried_in_time),
        ),
    )


def _visit(found: Transition, now: datetime) -> tuple[Prompt, ...]:
    days = found.dates
    if found.visit is not None or not found.sees_booked or found.today > days.visit_by:
        return ()
    booked = found.booked.when.date() if found.booked else None
    if booked and booked <= days.visit_by:
        return ()
    early = days.early_visit_by if found.today <= days.early_visit_by else days.visit_by
    number = clocks().early_visit_days if early == days.early_visit_by else clocks().visit_days
    sentence = f"No visit is booked within {clocks().visit_days} days of the discharge."
    why = f"{number} days end on {weekday_words(early, now)}, {dates.day_words(early)}."
    return (Prompt(sentence, why, _SEE, "transition.show"),)


def _medicines(found: Transition, now: datetime) -> tuple[Prompt, ...]:
    """The medicines, from the day before the visit on, and once it was held."""
    if found.medicines_on is not None or not found.known:
        return ()
    due = found.visit_day or (found.booked.when.date() if found.booked else None)
    if due is None or due - timedelta(days=1) > found.today:
        return ()
    visit = "was held" if found.visit_day else "is"
    why = f"The visit {visit} {weekday_words(due, now)}; they are compared by that day."
    return (Prompt("The medicines of the discharge are not compared yet.", why, _SEE, "transition.show"),)


def _list(found: Transition) -> tuple[Prompt, ...]:
    """How far the checklist is; silent once everything is done, or where that is not shown."""
    done = sum(row.done for row in found.items)
    if not found.known or done == len(found.items):
        return ()
    why = "The checklist, the visit and the medicines, each with its day."
    return (
        Prompt(
            f"After the discharge: {done} of {len(found.items)} gone through.", why, _SEE, "transition.show"
        ),
    )


def _emergency(row: EdVisit, now: datetime) -> Prompt:
    late = now.date() > row.due
    by = f"was due by {dates.day_words(row.due)}" if late else f"is due by {weekday_words(row.due, now)}"
    planned = f" On the task list for {row.task.due_words}." if row.task else ""
    return Prompt(
        f"{row.words}: nobody has followed up.",
        f"A talk {by}.{planned}",
        "Follow up",
        "transition.show",
    )
