"""This patient for the team's conference, in four columns exactly: quality, use of care, targets, place in the process.

"Quality metrics, utilization metrics, patients' treat-to-target status, and where the patients are in the care
management process" (domain row 151). Read from the chart; what the EHR does not show is called unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings import dates
from mappings.chart import Chart
from mappings.chart_rows import ChartRows
from mappings.closing_summary import last_contact_words
from mappings.consent import consent_view
from mappings.encounter import Visit
from mappings.enrolment import enrolment_view
from mappings.goal import GoalView, goal_view, own_open_goals
from mappings.month import month_view
from mappings.overdue import overdue
from mappings.panel import SENTENCES, Absence
from mappings.plan_review import PlanReview, plan_reviews
from mappings.reading import ReadStatus
from mappings.to_do import to_dos
from mappings.use_of_care import crises, ed_visits, last_visit, stays

DAYS = 180
OLD_DAYS = 180
COLUMNS = ("Quality metrics", "Utilization", "Treat to target", "Where in the process")
UNKNOWN = "Unknown: {}"


@dataclass(frozen=True)
class ConferenceFact:
    """One line of a column; `due` where somebody should look at it."""

    label: str
    words: str
    due: bool = False


@dataclass(frozen=True)
class ConferenceColumn:
    """One of the four: `nothing` is said where it has no line."""

    title: str
    facts: tuple[ConferenceFact, ...]
    nothing: str


def conference(
    chart: Chart, *, now: datetime, families: tuple[str, ...] = ("ccm",)
) -> tuple[ConferenceColumn, ...]:
    """The four columns, in the order of COLUMNS. `families` are the services that the practice bills."""
    quality = tuple(_quality(chart, now))
    targets = tuple(_target(row) for row in _goals(chart, now))
    made = (
        (quality, "No result is on file that a measure counts."),
        (tuple(_use(chart, now)), ""),
        (targets, _no_goals(chart)),
        (tuple(_process(chart, now, families)), ""),
    )
    return tuple(
        ConferenceColumn(title, facts, nothing) for title, (facts, nothing) in zip(COLUMNS, made, strict=True)
    )


def _quality(chart: Chart, now: datetime) -> Iterator[ConferenceFact]:
    """The last result of each kind, with its day, and what is overdue; out of range or old is to be looked at."""
    rows = ChartRows(chart, now).readings
    if rows.absence and not rows.known_empty:
        yield ConferenceFact("Results", UNKNOWN.format(rows.sentence.lower()))
    for row in rows.rows:
        old = row.when is not None and row.when < now - timedelta(days=OLD_DAYS)
        flag = f" ({row.flag})" if row.flag else ""
        age = ", older than half a year" if old else ""
        yield ConferenceFact(
            row.name, f"{row.value_words}{flag} · {row.date_words}{age}", bool(row.flag) or old
        )
    told = {row.name for row in rows.rows}
    for each in (due for due in overdue(chart, now=now) if due.name not in told):
        said = ", ".join(filter(None, (each.last_words, each.often_words)))
        yield ConferenceFact(each.name, said, each.state == "overdue")


def _use(chart: Chart, now: datetime) -> Iterator[ConferenceFact]:
    rows = ChartRows(chart, now)
    reading = chart.reading("Encounter")
    if reading.status is not ReadStatus.READ:
        said = rows.visits.sentence or SENTENCES[Absence.NOT_AVAILABLE]
        yield ConferenceFact("Visits", UNKNOWN.format(said.lower()))
        return
    months = f"in {DAYS} days"
    for label, found in (
        ("Emergency visits", ed_visits(rows, DAYS)),
        ("Hospital stays", stays(rows, DAYS)),
        ("Crises in all", crises(rows, DAYS)),
    ):
        last = f", the last {_day(found[0])}" if found else ""
        yield ConferenceFact(label, f"{len(found)} {months}{last}", len(found) > 1)
    seen = last_visit(rows)
    yield ConferenceFact(
        "Last visit to the practice", seen.start_words if seen else "none on file", seen is None
    )


def _day(row: Visit) -> str:
    return dates.day_words(row.when.date()) if row.when else "on a day not known"


def _goals(chart: Chart, now: datetime) -> list[GoalView]:
    return [row for row in (goal_view(goal, now=now) for goal in own_open_goals(chart)) if row.active]


def _target(row: GoalView) -> ConferenceFact:
    target = f"target {row.target_words}" if row.target_words else "no target set"
    by = f"by {row.due_words}" if row.due_words else ""
    told = (
        f"{row.achievement} ({row.achievement_date_words})" if row.achievement_date_words else row.achievement
    )
    said = " · ".join(filter(None, (target, by, told or "no progress told")))
    return ConferenceFact(row.text, said, row.overdue or row.achievement in ("worse", "not reached"))


def _no_goals(chart: Chart) -> str:
    reading = chart.reading("Goal")
    if reading.status is ReadStatus.READ and not reading.ours_unseen:
        return "No goal of care management is open."
    return "Unknown: the goals are not shown by this EHR."


def _process(chart: Chart, now: datetime, families: tuple[str, ...]) -> Iterator[ConferenceFact]:
    standing = enrolment_view(chart, now=now)
    yield ConferenceFact("State", standing.sentence, not standing.known)
    consent = consent_view(chart, now=now)
    yield ConferenceFact("Consent", consent.sentence, consent.state not in ("active",))
    yield ConferenceFact("Last contact", last_contact_words(chart, now) or "none that this EHR shows")
    planned = [row for row in to_dos(chart, now).rows if row.ours and row.kind == "next-contact"]
    yield ConferenceFact(
        "Next contact",
        planned[0].due_words or planned[0].text if planned else "none planned that this EHR shows",
        not planned or planned[0].overdue,
    )
    month = month_view(chart, now=now, families=families)
    yield ConferenceFact("This month", month.sentence)
    reviews = plan_reviews(chart, now)
    if standing.enrolled:
        yield ConferenceFact("Plan reviewed", _review(reviews))


def _review(reviews: tuple[PlanReview, ...]) -> str:
    if not reviews:
        return "not since it was opened"
    day = reviews[0].day
    return f"{dates.day_words(day) if day else 'on a day not known'}: {reviews[0].result}"
