"""In which form each thing that Chartside documents can be held by an EHR, decided before anything is written.

    CapabilityStatement + granted scopes + vendor facts -> one ArtefactOutcome for each artefact of write_ladder.toml

The rungs are tried in the vendor's order: the native record, then answers to our questionnaire or a document, then text
to copy. A rung counts only if the EHR takes it *and* can be read back; where none does, the first that is at least
taken is named, and that the EHR will not show it again (design section 6). Pure: nothing is sent and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from mappings.data_file import DataTable, data_table
from mappings.filed_document import note_forms
from mappings.rung import Rung
from mappings.vendor_facts import UpdateStyle, Vendor

__all__ = ["FILED_RUNGS", "Artefact", "ArtefactOutcome", "Lack", "Need", "Rung", "artefacts", "ladder"]

FILED_RUNGS: frozenset[Rung] = frozenset({Rung.NATIVE, Rung.QUESTIONNAIRE_RESPONSE, Rung.DOCUMENT})
"""The rungs on which something is filed; on the last one a person pastes text."""

Offered = Mapping[str, frozenset[str]]
Granted = Callable[[str, str], bool]

READS = frozenset({"read", "search-type"})
READ_BACK = "read-back"
"""Either of READS: what was filed can be seen again."""
CARRIERS = {Rung.QUESTIONNAIRE_RESPONSE: "QuestionnaireResponse", Rung.DOCUMENT: "DocumentReference"}
_FORM_WORDS = {
    Rung.QUESTIONNAIRE_RESPONSE: "as answers to a questionnaire",
    Rung.DOCUMENT: "as a document",
    Rung.COPY_READY: "as text to copy by hand",
}


class Lack(StrEnum):
    """Who stands in the way of an interaction."""

    NOT_OFFERED = "not-offered"
    """The EHR's metadata does not list it: the EHR's vendor or its administrator would have to."""
    NOT_GRANTED = "not-granted"
    """The EHR offers it and this launch was not granted its scope: the registration would have to."""


@dataclass(frozen=True)
class Need:
    """An interaction that is missing. `interaction` is FHIR's code; "read-back" stands for read or search-type."""

    resource_type: str
    interaction: str
    lack: Lack

    @property
    def name(self) -> str:
        """As it is written: `Goal.create`."""
        return f"{self.resource_type}.{self.interaction}"


@dataclass(frozen=True)
class Artefact:
    """One row of write_ladder.toml: a thing that is documented, and the types that carry it natively.

    `create` are the types that must be taken and read back, `change` those that must be changed later; `native` and
    `unseen` are words for its sentence; `has_form` is false for what this version has no form for.
    """

    name: str
    native: str
    create: tuple[str, ...]
    change: tuple[str, ...]
    has_form: bool
    unseen: str


@dataclass(frozen=True)
class ArtefactOutcome:
    """In which form this EHR can hold an artefact in this launch.

    `rung` is the best form; `readable_back` is false where the EHR would not show it again. `filed` says whether this
    version of Chartside files it there. `reason` is one sentence in words, `words` the same with the artefact's name.
    `needs` is what the native record lacks, with whose doing it is; `changeable` is false where it could be created
    but not changed afterwards.
    """

    artefact: str
    rung: Rung
    readable_back: bool
    filed: bool
    changeable: bool
    reason: str
    needs: tuple[Need, ...]

    @property
    def words(self) -> str:
        """The artefact and its sentence."""
        return f"{self.artefact}: {self.reason}"


@cache
def artefacts() -> tuple[Artefact, ...]:
    """Every artefact, in the order of the table. Raises DataFileError where our own file is wrong."""
    table = data_table("write_ladder.toml")
    table.text("source")
    table.day("checked")
    rows = tuple(_artefact(row) for row in table.tables("artefact"))
    table.done()
    return rows


def ladder(
    offered: Offered, granted: Granted, vendor: Vendor, *, filed_rungs: frozenset[Rung] = FILED_RUNGS
) -> tuple[ArtefactOutcome, ...]:
    """What becomes of each artefact at this EHR, in this launch.

    `offered` maps a resource type to the interaction codes of the EHR's metadata (without what it was found to refuse);
    `granted(resource_type, interaction)` says whether the launch's scopes allow it. They are asked for separately, so
    that the sentence can tell an EHR that does not offer from a scope that was not granted. Scopes count only for
    `filed_rungs`: nobody asks for the scope of a form that is never filed, and what the EHR could hold is still told.
    """
    eyes = _Eyes(offered, granted, vendor, filed_rungs)
    return tuple(_outcome(artefact, eyes) for artefact in artefacts())


WRITTEN = ("CarePlan", "Goal", "Task", "Consent")
"""What Chartside writes as records of their own where the EHR takes them."""


def note_types(vendor: Vendor) -> tuple[str, ...]:
    """The types in which this vendor's EHRs hold what they take in no record, by its facts; () where none is needed.

    Best first: where the EHR mangles a note, the next form is taken. One that the EHR does not show again comes only
    where no other does. The text of a document may stand in a Binary beside it.
    """
    if all("create" in vendor.interactions.get(kind, ()) for kind in WRITTEN):
        return ()
    carriers = [CARRIERS[rung] for rung in vendor.ladder_order if rung in CARRIERS]
    taken = [kind for kind in carriers if _can_be_filed(kind, vendor)]
    readable = [kind for kind in taken if READS & vendor.interactions.get(kind, frozenset())]
    beside = ("Binary",) if CARRIERS[Rung.DOCUMENT] in (readable or taken) else ()
    return (*(readable or taken), *beside)


def _can_be_filed(kind: str, vendor: Vendor) -> bool:
    as_document = kind == CARRIERS[Rung.DOCUMENT]
    return "create" in vendor.interactions.get(kind, ()) and (not as_document or bool(note_forms(vendor)))


def _artefact(row: DataTable) -> Artefact:
    made = Artefact(
        row.text("name"),
        row.text("native"),
        row.texts("create"),
        row.texts("change"),
        row.flag("has_form"),
        row.text("unseen"),
    )
    row.done()
    return made


class _Eyes:
    """What is missing for a rung, seen through metadata, scopes and the vendor's way of changing records."""

    def __init__(
        self, offered: Offered, granted: Granted, vendor: Vendor, filed_rungs: frozenset[Rung]
    ) -> None:
        self._offered = offered
        self._granted = granted
        self._vendor = vendor
        self.filed_rungs = filed_rungs
        self.order = [rung for rung in vendor.ladder_order if rung is not Rung.COPY_READY]

    def needs(self, rung: Rung, types: Iterable[str], interaction: str) -> tuple[Need, ...]:
        """Each of the types whose interaction ("create", "update" or "read-back") is missing on this rung."""
        found = ((kind, self._lack(rung, kind, interaction)) for kind in types)
        return tuple(Need(kind, interaction, lack) for kind, lack in found if lack)

    def _lack(self, rung: Rung, resource_type: str, interaction: str) -> Lack | None:
        codes = self._offered.get(resource_type, frozenset()) & self._codes(resource_type, interaction)
        if not codes:
            return Lack.NOT_OFFERED
        if rung not in self.filed_rungs:
            return None
        scoped = {"update" if code == "patch" else code for code in codes}
        return None if any(self._granted(resource_type, code) for code in scoped) else Lack.NOT_GRANTED

    def _codes(self, resource_type: str, interaction: str) -> frozenset[str]:
        if interaction == READ_BACK:
            return READS
        if interaction == "update" and self._vendor.updates_by(resource_type) is UpdateStyle.PATCH:
            return frozenset({"update", "patch"})
        return frozenset({interaction})


def _outcome(artefact: Artefact, eyes: _Eyes) -> ArtefactOutcome:
    rung, readable = _chosen(artefact, eyes)
    changes = eyes.needs(Rung.NATIVE, artefact.change, "update")
    native = rung is Rung.NATIVE
    filed = rung in eyes.filed_rungs and artefact.has_form
    return ArtefactOutcome(
        artefact=artefact.name,
        rung=rung,
        readable_back=readable,
        filed=filed,
        changeable=not (native and changes),
        reason=_reason(
            artefact,
            rung,
            _above(artefact, rung, eyes),
            changes if native else (),
            later=_later(eyes) if native and changes else "",
            readable=readable,
            filed=filed,
        ),
        needs=(*_rung_needs(artefact, Rung.NATIVE, eyes), *changes),
    )


def _chosen(artefact: Artefact, eyes: _Eyes) -> tuple[Rung, bool]:
    """The first rung that is taken and read back; else the first that is taken; else text to copy."""
    taken = [rung for rung in eyes.order if not eyes.needs(rung, _carriers(artefact, rung), "create")]
    readable = [rung for rung in taken if not eyes.needs(rung, _carriers(artefact, rung), READ_BACK)]
    if readable:
        return readable[0], True
    return (taken[0] if taken else Rung.COPY_READY), False


def _later(eyes: _Eyes) -> str:
    """In which form a record is told anew where the EHR lets nobody change it; "" where there is none."""
    for rung in eyes.order:
        kind = CARRIERS.get(rung, "")
        if kind and not (eyes.needs(rung, (kind,), "create") or eyes.needs(rung, (kind,), READ_BACK)):
            return _FORM_WORDS[rung]
    return ""


def _carriers(artefact: Artefact, rung: Rung) -> tuple[str, ...]:
    return artefact.create if rung is Rung.NATIVE else (CARRIERS[rung],)


def _rung_needs(artefact: Artefact, rung: Rung, eyes: _Eyes) -> tuple[Need, ...]:
    """What a rung lacks. What cannot be created need not be read back, so only the first lack is told."""
    carriers = _carriers(artefact, rung)
    return eyes.needs(rung, carriers, "create") or eyes.needs(rung, carriers, READ_BACK)


def _above(artefact: Artefact, chosen: Rung, eyes: _Eyes) -> tuple[Need, ...]:
    """What the rungs above the chosen one lack."""
    end = eyes.order.index(chosen) if chosen in eyes.order else len(eyes.order)
    return tuple(need for rung in eyes.order[:end] for need in _rung_needs(artefact, rung, eyes))


def _reason(
    artefact: Artefact,
    rung: Rung,
    above: Sequence[Need],
    changes: Sequence[Need],
    *,
    later: str,
    readable: bool,
    filed: bool,
) -> str:
    because = _because(above)
    form = artefact.native if rung is Rung.NATIVE else _FORM_WORDS[rung]
    seen = readable or rung is Rung.COPY_READY
    unseen = "" if seen else f", but this EHR will not show it to us again: {artefact.unseen}"
    if filed:
        why = f", because {because}" if because else ""
        after = f"is filed {later}" if later else "cannot be filed"
        changed = f" A later change of it {after}, because {_because(changes)}." if changes else ""
        return f"will be filed {form}{why}{unseen}.{changed}"
    lead = f"{because}; " if because else ""
    could = "it can only be copied by hand" if rung is Rung.COPY_READY else f"this EHR could hold it {form}"
    return f"{lead}{could}{unseen}; {_not_filed(artefact)}."


def _not_filed(artefact: Artefact) -> str:
    if artefact.has_form:
        return "it is not filed: Chartside makes the text and says so until somebody has pasted it"
    return "this version of Chartside has no form for it yet, so it is not filed"


def _because(needs: Sequence[Need]) -> str:
    """The lacks in words: those of the EHR first, then those of the launch."""
    ehr = [need for need in needs if need.lack is Lack.NOT_OFFERED]
    launch = [need.name for need in needs if need.lack is Lack.NOT_GRANTED]
    clauses = (
        ("this EHR does not accept {}", [need.name for need in ehr if need.interaction != READ_BACK]),
        (
            "this EHR does not show a {} again",
            [need.resource_type for need in ehr if need.interaction == READ_BACK],
        ),
        (f"{{}} {'was' if len(launch) == 1 else 'were'} not granted to this launch", launch),
    )
    return " and ".join(clause.format(_listed(names)) for clause, names in clauses if names)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
