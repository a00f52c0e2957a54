"""What can stop Chartside between the form and the chart.

EhrError
├── WrongPatient      a resource or a form belongs to another patient than the launch
├── InvalidResource   what was built does not pass our own profiles; nothing was sent
└── NotFiled          the EHR did not take it; what was typed is kept as a draft
    ├── NotAccepted       its metadata or the granted scopes do not allow the write; nothing was sent
    │   └── NoRung            no form that it takes is left: what remains is text to paste
    ├── NoVersion         it does not say which version of a record was read; nothing was sent
    ├── ChangedMeanwhile  somebody changed the same record since it was opened (409, 412)
    ├── HalfFiled         the EHR took some of the records, one after the other, and then not the next
    ├── BrokenOff         a save was broken off some time ago, and a part of it is in the chart
    ├── NotKept           the EHR took the note and changed it so that it cannot be read back
    ├── Refused           the EHR answered and said no
    │   ├── ChartProtected    it says that this chart's glass must be broken first
    │   └── NotTaken          it does not take this form after all, whatever it lists: the next form is tried
    └── NoAnswer          no answer came, and looking afterwards did not find the record
        ├── LeftOut           it answered and left out what the save builds upon; nothing was sent
        └── UnknownFate       no answer came, and this EHR does not let Chartside look

BreakTheGlass is a FhirError (smart_launch.errors): a read that the EHR refused because the chart is protected.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.ehr.receipt import Filed
from fhir_profiles.validator import Problem
from mappings.panel import PLAIN_WORDS, PROTECTED_NEXT, listed, seconds_words
from smart_launch.errors import FhirError, Forbidden


class EhrError(Exception):
    """Base of this room's errors. `page_reason` is one fixed plain sentence, safe to show and to log."""

    page_reason = "Something went wrong between Chartside and the EHR."
    what_to_do = "Go back to the chart and open Chartside again."


class WrongPatient(EhrError):
    """A write or a form that names another patient than the launch it came from. Nothing was sent."""

    page_reason = (
        "This form belongs to another patient than the chart it was sent from, so nothing was filed."
    )
    what_to_do = "Close this page, and open Chartside again from the chart of the patient you mean."


class InvalidResource(EhrError):
    """A resource that breaks our own profiles: a defect of Chartside, caught before it reached the chart.

    `problems` names paths and rules; it holds no clinical value.
    """

    page_reason = "Chartside built a record that does not pass its own checks, so nothing was filed."
    what_to_do = "What you typed is kept. Please tell your IT administrator the reference number below."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        rules = ", ".join(sorted({f"{problem.path}: {problem.rule}" for problem in self.problems}))
        super().__init__(rules)


class NotFiled(EhrError):
    """The EHR did not take the save. What was typed is kept as a draft by the caller."""

    page_reason = "The EHR did not file this."
    what_to_do = "Your entry is kept. Try again, or copy it as text into the chart."


class NotAccepted(NotFiled):
    """The EHR's metadata or the scopes granted to this launch do not allow a needed write. Nothing was sent."""

    what_to_do = "Your entry is kept. Copy it as text into the chart."

    def __init__(self, resource_types: Sequence[str], *, by_scope: bool) -> None:
        self.resource_types = tuple(sorted(set(resource_types)))
        self.by_scope = by_scope
        names = listed([PLAIN_WORDS.get(name, name) for name in self.resource_types])
        self.page_reason = (
            f"Your EHR account may not write {names} from Chartside."
            if by_scope
            else f"This EHR does not accept {names} from Chartside."
        )
        super().__init__(self.page_reason)


class NoRung(NotAccepted):
    """No form that this EHR takes in this launch is left for some of the records: what remains is text to paste."""


class NoVersion(NotFiled):
    """A record to be changed was read without a version, so If-Match cannot guard it. Nothing was sent."""

    page_reason = "This EHR does not say which version of the record was read."
    what_to_do = "Your entry is kept. Copy it as text into the chart."


class ChangedMeanwhile(NotFiled):
    """409 or 412: the record changed in the EHR after this form was opened. Nothing was overwritten."""

    page_reason = "Somebody changed this record in the EHR after you opened it, so nothing was overwritten."
    what_to_do = "Your entry is kept. Open the form again to see the newest record, then save."


class Refused(NotFiled):
    """The EHR answered with an error. `status` is the HTTP status; its text is not shown, since it may hold PHI.

    `retry_after` is in seconds, where the EHR said for how long it is too busy.
    """

    def __init__(self, status: int, reason: str, *, retry_after: int | None = None) -> None:
        self.status = status
        self.page_reason = reason
        if retry_after:
            self.what_to_do = f"Your entry is kept. Try again in {seconds_words(retry_after)}."
        super().__init__(f"status {status}")


class ChartProtected(Refused):
    """The EHR protects this chart and wants its glass broken before anything is written. Nothing was filed."""

    what_to_do = f"Your entry is kept. {PROTECTED_NEXT}"


class NotTaken(Refused):
    """A write that is listed and not done: 404, 405 or 501, or 400 or 422 that say "not supported"."""

    @classmethod
    def of(cls, error: Exception) -> NotTaken:
        """The refusal that this error means."""
        status = error.status if isinstance(error, FhirError) else 501
        return cls(status, error.page_reason if isinstance(error, FhirError) else cls.page_reason)


class HalfFiled(NotFiled):
    """Some records of a save are in the chart and others are not: `filed` and why not the next (`cause`).

    The next press of Save completes it, since what is there is looked for by our identifiers first.
    """

    def __init__(self, filed: Sequence[Filed], cause: NotFiled, *, left: Sequence[str] = ()) -> None:
        """`left` are our identifiers of the records that no form is left for, where that is the cause."""
        self.filed = tuple(filed)
        self.cause = cause
        self.left = tuple(left)
        there = listed([item.kind for item in self.filed])
        self.page_reason = f"Only a part is in the chart so far: {there}. {cause.page_reason}"
        self.what_to_do = (
            "Your entry is kept. Save it again: the rest is then filed, and what is there is not filed twice."
        )
        if isinstance(cause, ChangedMeanwhile):
            self.what_to_do = (
                "Your entry is kept. Look at the record in the chart, then discard this entry and enter what is"
                " missing anew: what is named here is filed already."
            )
        super().__init__(f"{len(self.filed)} filed, then {type(cause).__name__}")


class BrokenOff(NotFiled):
    """A save of some time ago ended half-way: the EHR refused the rest, or Chartside was stopped meanwhile.

    `reason` is the sentence that was kept with the entry, "" where Chartside had no time to keep one.
    """

    page_reason = "Chartside was stopped while it was filing this: a part of it is in the chart, or all."
    what_to_do = "Try now: what is missing is then filed as you typed it, and nothing is filed twice."

    def __init__(self, reason: str = "") -> None:
        self.page_reason = reason or self.page_reason
        super().__init__("a part of it is in the chart")


class NotKept(NotFiled):
    """The EHR took the note, but changed it so that what it holds cannot be read back. It stands in the chart."""

    page_reason = (
        "The EHR took the note but changed it, so Chartside cannot read back what it holds. People can still read"
        " it in the chart."
    )
    what_to_do = "Your entry is kept. Look at the note in the EHR, and tell your IT administrator."

    def __init__(self, place: str) -> None:
        """`place` is the note, as "DocumentReference/7"."""
        self.place = place
        super().__init__(place)


class BreakTheGlass(Forbidden):
    """The EHR protects this chart: somebody must say in the EHR why it is opened. Asking again does not help.

    Epic's 4130, 4131 and 4134. It counts as no access wherever nothing better is said, and is never asked again by us.
    """

    page_reason = "The EHR protects this chart and asks for a reason before anybody opens it."


class NoAnswer(NotFiled):
    """No answer came to a write. Looking for our identifiers did not find the record either."""

    page_reason = "The EHR is not answering."
    what_to_do = "Your entry is kept, and trying again cannot file it twice."


class LeftOut(NoAnswer):
    """The EHR showed a part of the chart and said that there is more, and the save builds upon what it left out."""

    page_reason = (
        "The EHR did not show all of this chart just now, and a part of your entry belongs to the rest."
    )
    what_to_do = "Your entry is kept. Save it again in a minute."


class UnknownFate(NoAnswer):
    """No answer came to a write, and this EHR does not show what Chartside files: only a person can look."""

    page_reason = (
        "The EHR did not answer, and it does not show Chartside what it has taken. This entry may be in the chart,"
        " or not."
    )
    what_to_do = "Your entry is kept. Look in the chart, then say here whether it is there."
