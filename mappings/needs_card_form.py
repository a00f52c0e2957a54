"""The card of a card study as it is filled in: twenty seconds for one patient, prefilled from the chart.

Every need begins at 1, not at all, so only what is needed is touched; the most important need and whether the patient
would act on a referral are the two questions that must be answered (domain rows 175 to 192). The questions stand in
`Questionnaire-needs-card.json`. Who the card is for: adults who are not in the care of a pregnancy (row 194).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from fhir_profiles.canonical import BASE
from mappings.chart import Chart
from mappings.coding_systems import ICD10CM, SNOMED
from mappings.condition import is_active
from mappings.element import as_object, as_objects, relative_reference
from mappings.encounter import Visit, visits
from mappings.enrolment_state import Gate, unread
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.patient import patient_banner
from mappings.patient_warning import ADULT_YEARS, DIED, is_deceased
from mappings.questionnaire.definition import Definition, Item, definition
from mappings.questionnaire.entry import typed_answers
from mappings.questionnaire.field import NOTE, field_of
from mappings.questionnaire.value import Answers, key_of
from mappings.sight import Sight, caution, sight, unseen
from mappings.terminology import codes_of

ADDRESS = f"{BASE}/Questionnaire/needs-card"
NEED = "need-"
NONE = "none"
NOT_APPLICABLE = "not-applicable"
LEAST, MOST = 1, 5
CONTINUITY_VISITS = 2
CHILD = "The card study is of adults: this patient is under 18."
PREGNANT = "The card study leaves out patients in the care of a pregnancy: the chart says that this one is."
_PREGNANCY_SNOMED = frozenset({"77386006", "72892002", "47200007", "102872000"})
_PREGNANCY_ICD = ("O0", "O1", "O2", "O3", "O4", "Z33", "Z34", "Z3A")
_AT_A_DISTANCE = ("Phone call", "Video or phone visit", "Hospital pre-admission")


@dataclass(frozen=True)
class NeedsCardEntry:
    """One card. `needs` are (code, 1 to 5) in the card's order; `top` a need's code or "none"; `act` an answer's code.

    `reasons` are codes, `reason_other` words; `continuity` is None where nobody said.
    """

    reasons: tuple[str, ...]
    reason_other: str
    continuity: bool | None
    needs: tuple[tuple[str, int], ...]
    other_need: str
    top: str
    act: str
    note: str
    answers: Answers


@dataclass(frozen=True)
class Continuity:
    """How many visits before today the chart shows with this provider; `known` is False where it cannot say none."""

    visits: int
    provider: str
    known: bool

    @property
    def sentence(self) -> str:
        """ "3 earlier visits with Dr Alvarez in this chart." """
        if not self.known and not self.visits:
            return "The visits of this chart could not all be seen: ask, or look in the chart."
        with_whom = f" with {self.provider}" if self.provider else ""
        more = "" if self.known else ", as far as they could be seen"
        return f"{self.visits} earlier visit{'' if self.visits == 1 else 's'}{with_whom} in this chart{more}."


@cache
def card() -> Definition:
    """The questions of the card."""
    return definition(ADDRESS)


@cache
def need_items() -> tuple[Item, ...]:
    """The needs A to K, in their order."""
    return tuple(item for item in card().questions if item.link_id.startswith(NEED))


def may_fill(chart: Chart, *, now: datetime) -> Gate:
    """Whether this patient gets a card now; what to look at where the chart does not tell."""
    if is_deceased(chart):
        return Gate(DIED)
    birth = patient_banner(chart, today=now.date()).birth_date
    if birth is not None and _years(birth, now.date()) < ADULT_YEARS:
        return Gate(CHILD)
    if any(_is_pregnancy(each) for each in chart.resources("Condition")):
        return Gate(PREGNANT)
    if dark := unread(chart, "Task"):
        return Gate(dark)
    hidden = [*(["whether the patient is an adult"] if birth is None else [])]
    hidden += ["whether the patient is pregnant"] if sight(chart, "Condition") is not Sight.WHOLE else []
    hidden += ["whether there is a card of today already"] if unseen(chart, "Task") else []
    return Gate(caution=caution(hidden))


def _years(birth: date, today: date) -> int:
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _is_pregnancy(condition: Mapping[str, object]) -> bool:
    code = condition.get("code")
    icd = codes_of(code, ICD10CM)
    coded = bool(codes_of(code, SNOMED) & _PREGNANCY_SNOMED) or any(
        each.startswith(_PREGNANCY_ICD) for each in icd
    )
    return coded and is_active(condition)


def continuity(chart: Chart, *, now: datetime, user: str = "", user_name: str = "") -> Continuity:
    """The visits in person before today with the provider who fills in the card, else with the patient's provider.

    `user` is a reference as "Practitioner/7"; where no visit names that person, the patient's own provider is counted.
    """
    earlier = [row for row in visits(chart, now=now).rows if _held_before(row, now)]
    known = sight(chart, "Encounter") is Sight.WHOLE
    own = [row for row in earlier if user and user in _people(chart, row)]
    if own:
        return Continuity(len(own), user_name, known)
    provider = patient_banner(chart, today=now.date()).pcp_name or ""
    theirs = [row for row in earlier if provider and _same_name(row.provider, provider)]
    return Continuity(len(theirs), provider, known)


def _held_before(row: Visit, now: datetime) -> bool:
    held = row.status not in {"planned", "cancelled", "noshow", "arrived", "triaged", "in-progress"}
    near = not any(row.kind_words.startswith(words) for words in _AT_A_DISTANCE)
    before = row.when is not None and row.when.date() < now.date()
    return held and near and before and not (row.is_emergency or row.is_stay)


def _people(chart: Chart, row: Visit) -> frozenset[str]:
    body = next(
        (each for each in chart.resources("Encounter") if relative_reference(each) == row.reference), {}
    )
    named = (as_object(each.get("individual")) for each in as_objects(body.get("participant")))
    return frozenset(filter(None, map(chart.at_home, named)))


def _same_name(one: str, other: str) -> bool:
    """The same person by name, whatever titles stand around it: the family name and one given name are in both."""
    parts, others = _names(one), _names(other)
    return bool(parts and others) and (parts <= others or others <= parts)


def _names(name: str) -> frozenset[str]:
    words = name.casefold().replace(".", "").replace(",", " ").split()
    return frozenset(
        word for word in words if word not in {"dr", "md", "do", "np", "pa", "rn", "mr", "ms", "mrs"}
    )


def card_defaults(chart: Chart, *, now: datetime, user: str = "") -> dict[str, tuple[str, ...]]:
    """Every need at 1, and continuity as the chart counts it where it can tell."""
    found = continuity(chart, now=now, user=user)
    values: dict[str, tuple[str, ...]] = {field_of(item.link_id): (str(LEAST),) for item in need_items()}
    if found.known or found.visits >= CONTINUITY_VISITS:
        values[field_of("continuity")] = ("yes" if found.visits >= CONTINUITY_VISITS else "no",)
    return values


def parse_card(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[NeedsCardEntry]:
    """The card as sent; refused as a whole (key "form") where the patient gets none."""
    fields = Fields(values)
    if refusal := may_fill(chart, now=now).reason:
        fields.refuse("form", refusal)
    answers = typed_answers(card(), fields, now=now)
    note = fields.text(NOTE, limit=NOTE_LIMIT)
    needs = tuple((item.link_id, _number(answers, item.link_id)) for item in need_items())
    top, act = _key(answers, "top"), _key(answers, "act")
    other = _text(answers, "other-need")
    _check(fields, dict(needs), top, act, other)
    return fields.submitted(
        lambda: NeedsCardEntry(
            reasons=tuple(key_of(each) for each in answers.get("reason", ()) if "valueCoding" in each),
            reason_other=_text(answers, "reason"),
            continuity=_yes_or_no(answers, "continuity"),
            needs=needs,
            other_need=other,
            top=top,
            act=act,
            note=note,
            answers=answers,
        )
    )


def _check(fields: Fields, needs: Mapping[str, int], top: str, act: str, other: str) -> None:
    """What cannot be true together is told at the field that was filled in last."""
    top_field, act_field, other_field = (field_of(name) for name in ("top", "act", "other-need"))
    if not top and top_field not in fields.errors:
        fields.refuse(top_field, "Choose the most important need, or that there is none.")
    if not act and act_field not in fields.errors:
        fields.refuse(act_field, "Say how likely the patient is to act on a referral.")
    if top == NONE and any(number > LEAST for number in needs.values()):
        fields.refuse(top_field, "Needs are marked above: choose the first of them.")
    elif top and top != NONE and needs.get(top, LEAST) == LEAST:
        fields.refuse(
            top_field, "This need is marked as 1, not at all. Mark how much it is needed, or choose another."
        )
    if act and (top == NONE) != (act == NOT_APPLICABLE) and top:
        words = (
            "“Not applicable” belongs to a patient without care needs."
            if act == NOT_APPLICABLE
            else ("Without a care need there is nothing to act on: choose “Not applicable”.")
        )
        fields.refuse(act_field, words)
    if needs.get("need-k", LEAST) > LEAST and not other and other_field not in fields.errors:
        fields.refuse(other_field, "Write what else is needed.")


def _number(answers: Answers, link: str) -> int:
    said = next(iter(answers.get(link, ())), {})
    number = said.get("valueInteger")
    return number if isinstance(number, int) else LEAST


def _key(answers: Answers, link: str) -> str:
    said = next(iter(answers.get(link, ())), None)
    return key_of(said) if said else ""


def _text(answers: Answers, link: str) -> str:
    return next((str(each["valueString"]) for each in answers.get(link, ()) if "valueString" in each), "")


def _yes_or_no(answers: Answers, link: str) -> bool | None:
    said = next(iter(answers.get(link, ())), {}).get("valueBoolean")
    return said if isinstance(said, bool) else None
