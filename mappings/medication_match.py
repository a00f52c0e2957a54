"""Which medicine of one list is which of another: by RxNorm code, by ingredient, else by name as a guess.

    what both sides have in common                                       certainty
    -------------------------------------------------------------------  ---------
    a code (RxNorm, else NDC or SNOMED CT), and names that agree          code
    the same ingredients by RxNorm's own names or codes on both sides     ingredient
    the same ingredients by the names alone, or by a common brand         guess
    a code, but names of different ingredients                            guess

What goes into the body another way (a cream, a tablet) is another medicine. Names that only look alike are never laid
together. What the guesses rest upon is said beside them, for a person to confirm or to part (`domain.md` A.6, row 97).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from mappings.ccda.medications import DocumentMedication
from mappings.medication import Medication
from mappings.medication_entry import normalised_name
from mappings.medication_name import MedicineName, medicine_name


class Certainty(StrEnum):
    """How a match is known."""

    CODE = "code"
    INGREDIENT = "ingredient"
    GUESS = "guess"


@dataclass(frozen=True)
class Match:
    """Two medicines that are one. `why` says by what, `strength_differs` what they say of how strong it is."""

    certainty: Certainty
    why: str
    strength_differs: bool = False
    same_name: bool = False


@dataclass(frozen=True)
class Made:
    """What is known of what is in a medicine: its names, RxNorm's names for it, its codes and those of its parts."""

    names: tuple[str, ...]
    coded_names: tuple[str, ...] = ()
    rxnorm: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    part_codes: frozenset[str] = frozenset()
    other_codes: frozenset[str] = frozenset()


def made_of(row: Medication) -> Made:
    """Of a medicine on the chart's own list."""
    return Made(row.names, row.coded_names, row.rxnorm, row.parts, row.part_codes, row.other_codes)


def made_of_document(item: DocumentMedication) -> Made:
    """Of a medicine of a document. Its name is RxNorm's where it came with a code of RxNorm."""
    named = () if item.none_known else (item.name,)
    return Made(named, named if item.rxnorm else (), item.rxnorm, other_codes=item.other_codes)


def made_of_words(name: str) -> Made:
    """Of a medicine that a person names."""
    return Made((name,) if name.strip() else ())


@lru_cache(maxsize=4096)
def ingredients(made: Made) -> frozenset[str]:
    """The ingredients by the surest source that there is: the listed parts, RxNorm's name, else the name."""
    if made.parts:
        return frozenset().union(*(medicine_name(each).ingredients for each in made.parts))
    for name in (*made.coded_names, *made.names):
        if found := medicine_name(name).ingredients:
            return found
    return frozenset()


def is_coded(made: Made) -> bool:
    """Whether what is in it is known from RxNorm and not from free words."""
    return bool(made.rxnorm and made.coded_names) or bool(made.parts and made.part_codes)


def match(one: Made, other: Made) -> Match | None:
    """How the two are one medicine; None where nothing says so."""
    names, others = _named(one), _named(other)
    how = None if _routes_differ(names, others) else _how(one, other)
    if how is None:
        return None
    return Match(*how, _strengths_differ(names, others), _same_name(one, other))


def routes_differ(one: Made, other: Made) -> bool:
    """Whether both say which way they go into the body, and say it differently."""
    return _routes_differ(_named(one), _named(other))


def _named(made: Made) -> list[MedicineName]:
    return [medicine_name(each) for each in made.names]


def _how(one: Made, other: Made) -> tuple[Certainty, str] | None:
    held, others_held = ingredients(one), ingredients(other)
    if one.rxnorm & other.rxnorm or one.other_codes & other.other_codes:
        if held and others_held and not _alike(one, other):
            return Certainty.GUESS, "same code, but other names"
        return Certainty.CODE, "same RxNorm code" if one.rxnorm & other.rxnorm else "same product code"
    if one.part_codes and one.part_codes == other.part_codes:
        return Certainty.INGREDIENT, "same ingredients by RxNorm code"
    if held and held == others_held and is_coded(one) and is_coded(other):
        return Certainty.INGREDIENT, "same ingredient by RxNorm"
    return (Certainty.GUESS, guessed) if (guessed := _guessed(one, other)) else None


def _guessed(one: Made, other: Made) -> str:
    if _same_name(one, other):
        return "same name"
    if ingredients(one) and ingredients(one) == ingredients(other):
        return "same ingredient by name"
    return "brand or other name" if _alike(one, other) else ""


def _same_name(one: Made, other: Made) -> bool:
    said, others = ({normalised_name(each) for each in made.names} for made in (one, other))
    return bool(said & others)


def _alike(one: Made, other: Made) -> bool:
    """Whether a reading of the names of both is the same; what stands in parentheses only against a name itself."""
    plain, others = set(plain_readings(one)), set(plain_readings(other))
    return bool(plain & others or plain & _asides(other) or _asides(one) & others)


@lru_cache(maxsize=4096)
def plain_readings(made: Made) -> tuple[frozenset[str], ...]:
    """What the names say is in it, and what a common brand of such a name holds."""
    names = [medicine_name(each) for each in (*made.coded_names, *made.names)]
    found = (ingredients(made), *(held for each in names for held in (each.ingredients, each.brand)))
    return tuple(dict.fromkeys(held for held in found if held))


@lru_cache(maxsize=4096)
def _asides(made: Made) -> frozenset[frozenset[str]]:
    names = (*made.coded_names, *made.names)
    return frozenset(held for each in names for held in medicine_name(each).asides)


def _routes_differ(names: Sequence[MedicineName], others: Sequence[MedicineName]) -> bool:
    said, other = ({each.route for each in side if each.route} for side in (names, others))
    return bool(said and other and not said & other)


def _strengths_differ(names: Sequence[MedicineName], others: Sequence[MedicineName]) -> bool:
    said, other = ({each.strengths for each in side if each.strengths} for side in (names, others))
    return bool(said and other and not said & other)


def paired(ones: Sequence[Made], others: Sequence[Made]) -> dict[int, tuple[int, Match]]:
    """Each of `ones` with the one of `others` that is the same medicine: index -> (index, how).

    The surest pairs are made first, and each medicine is used once. Where several are equally sure the first of
    `others` is taken, so their order says what is preferred (active before stopped).
    """
    found: dict[int, tuple[int, Match]] = {}
    taken: set[int] = set()
    by_sign = _by_sign(others)
    known = {
        (i, j): how
        for i, one in enumerate(ones)
        for j in _candidates(one, by_sign)
        if (how := match(one, others[j]))
    }
    for accepts in _ROUNDS:
        for (i, j), how in known.items():
            if i not in found and j not in taken and accepts(how):
                found[i] = (j, how)
                taken.add(j)
    return found


def _candidates(one: Made, by_sign: Mapping[Hashable, Sequence[int]]) -> list[int]:
    """Only what has a sign in common can match: long lists are not compared each with each."""
    shared = Counter(place for sign in _signs(one) for place in by_sign.get(sign, ()))
    return sorted(place for place, _ in shared.most_common(_MOST_CANDIDATES))


def _by_sign(others: Sequence[Made]) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = {}
    for place, other in enumerate(others):
        for sign in _signs(other):
            found.setdefault(sign, []).append(place)
    return found


def _signs(made: Made) -> set[Hashable]:
    """Everything by which a medicine may be known as another: its codes, its names, and what they say is in it."""
    said: list[Hashable] = [*made.rxnorm, *made.other_codes, *plain_readings(made), *_asides(made)]
    parts = [made.part_codes] if made.part_codes else []
    return {*said, *parts, *(normalised_name(each) for each in made.names)}


_MOST_CANDIDATES = 40
_ROUNDS: tuple[Callable[[Match], bool], ...] = (
    lambda how: how.certainty is Certainty.CODE,
    lambda how: how.same_name,
    lambda how: how.certainty is Certainty.INGREDIENT and not how.strength_differs,
    lambda how: not how.strength_differs,
    lambda how: how.certainty is Certainty.INGREDIENT,
    lambda how: True,
)
"""The surest first: a code, the very name, the same strength, another strength."""


def shared_ingredients(one: Made, other: Made) -> tuple[str, ...]:
    """The ingredients that are in both, by name; () where none is known to be."""
    mine, theirs = plain_readings(one), plain_readings(other)
    return tuple(sorted({name for held in mine for others in theirs for name in held & others}))
