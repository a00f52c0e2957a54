"""What a medicine's name says is in it, how strong it is and which way it goes into the body.

RxNorm's names are built alike (ingredient, strength, dose form, brand in brackets), other lists write "Lipitor 20mg tab
BID". The words around the ingredient are data (medication_names.toml). Nothing is spelled right on the way: a name that
is not understood is compared as it stands, and never guessed from how it looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from mappings.data_file import data_table

_MARKS = re.compile(r"[{}®™]")
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_PARENTHESES = re.compile(r"\(([^()]*)\)")
_QUANTITY = re.compile(r"^(?:nda\d+ +)?\d[\d.,]* (?:hr|actuat|ml|gm|mg|day|unt|act) +(?=[a-z])")
_VITAMIN = re.compile(r"\bvitamin ([a-k])[ -](\d{1,2})\b(?![\d.,]|\s*(?:mg|mcg|g|unt|unit|iu|%|ug))")
_NUMBER = re.compile(
    r"\d[\d.,/-]*(?:%|(?:mg|mcg|ug|micrograms?|g|gm|kg|ml|l|units?|unt|iu|u|meq|hr|h)(?:/[\d.]*[a-z]+)?)?"
)
_PAIR = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[-/](\d+(?:\.\d+)?) ?(mg|mcg)\b")
_UNIT = r"(mcg|micrograms?|ug|mg|grams?|g|units?|unt|iu|u|meq|%)(?![a-z])(?:/([\d.]*)(ml|l|actuat|act|hr|g|mg)\b)?"
_STRENGTH = re.compile(rf"(?<![\w.])(\d[\d,]*(?:\.\d+)?|\.\d+) ?{_UNIT}")
_TO_MILLIGRAMS = {"mcg": 0.001, "microgram": 0.001, "ug": 0.001, "g": 1000.0, "gram": 1000.0, "mg": 1.0}
_MOST_PARTS = 12
_LONGEST = 500
_HYPHENATED = 6
"""From so many letters on both sides of a hyphen they are two ingredients: "lisinopril-hydrochlorothiazide"."""


@dataclass(frozen=True)
class MedicineName:
    """One name taken apart. `ingredients` is empty where it says nothing that could be compared.

    `brand` is what a common brand of that name holds; `asides` are what stands in parentheses and brackets. Both are
    good for a guess and no more.
    `strengths` are (number in milligrams or its own unit, unit) of each ingredient, `route` a key of the data or "".
    """

    ingredients: frozenset[str]
    brand: frozenset[str]
    asides: tuple[frozenset[str], ...]
    strengths: tuple[tuple[float, str], ...]
    route: str


@dataclass(frozen=True)
class _Words:
    salts: frozenset[str]
    elements: frozenset[str]
    around: frozenset[str]
    routes: Mapping[str, frozenset[str]]
    same: Mapping[str, str]
    brands: Mapping[str, frozenset[str]]


@lru_cache(maxsize=4096)
def medicine_name(text: str) -> MedicineName:
    """The name taken apart; never raises. The cache only spares the parsing of one name twice."""
    plain = " ".join(text.casefold()[:_LONGEST].split())
    plain = _MARKS.sub(" ", plain.replace("’", "'"))
    bracketed = _BRACKETS.findall(plain)
    plain = _BRACKETS.sub(" ", plain)
    aside = _PARENTHESES.findall(plain)
    bare = _VITAMIN.sub(r"vitamin \1\2", " ".join(_PARENTHESES.sub(" ", plain).split()))
    ingredients = _ingredients(bare)
    said = [_ingredients(each) for each in (*aside, *bracketed)]
    asides = dict.fromkeys(held for each in said for held in (each, _brand(each)) if held)
    return MedicineName(ingredients, _brand(ingredients), tuple(asides), _strengths(bare), _route(bare))


def _ingredients(text: str) -> frozenset[str]:
    """Each part of "a 20 MG / b 5 MG Oral Tablet", "a/b" or "a-b", without what stands around it."""
    left = _QUANTITY.sub("", text)
    parts = [piece for part in left.split(" / ")[:_MOST_PARTS] for piece in _joined_by_a_sign(part)]
    found = (_ingredient(part) for part in parts)
    return frozenset(each for each in found if each)


def _joined_by_a_sign(part: str) -> list[str]:
    """ "a/b" and "long-enough" names; a slash of a strength ("mg/ml", "5/500") joins nothing."""
    head = _before_the_number(part)
    pieces = head.split("/")
    if len(pieces) == 1 and "-" in head:
        halves = head.split("-")
        apart = len(halves) <= 3 and all(len(half.strip()) >= _HYPHENATED for half in halves)
        pieces = halves if apart else [head]
    return pieces[:_MOST_PARTS]


def _before_the_number(part: str) -> str:
    words: list[str] = []
    for word in part.replace(";", ",").split():
        if _NUMBER.fullmatch(word.strip("(),")):
            if words:
                break
            continue
        words.append(word)
    return " ".join(words)


def _ingredient(part: str) -> str:
    """ "metformin" of "metformin hydrochloride extended release"; "" where nothing is left."""
    words = part.replace(",", " ") if "insulin" in part else part.partition(",")[0]
    held = [word.strip(".:;-*'\"") for word in words.split()]
    held = [word for word in held if word and word not in _words().around]
    while len(held) > 1 and held[-1] in _words().salts and held[0] not in _words().elements:
        held.pop()
    if "insulin" in held:
        held = ["insulin", *sorted(word for word in held if word != "insulin")]
    name = " ".join(held)
    return _words().same.get(name, name)


def _brand(names: frozenset[str]) -> frozenset[str]:
    """What the one brand named holds; empty for several, and for what is no common brand."""
    return _words().brands.get(next(iter(names)), frozenset()) if len(names) == 1 else frozenset()


def _strengths(text: str) -> tuple[tuple[float, str], ...]:
    """Each strength once, in the order of size; "75 mcg" is 0.075 mg."""
    found = set()
    for number, unit, per, of in _STRENGTH.findall(_PAIR.sub(r"\1 \3 / \2 \3", text)):
        value = float(number.replace(",", ""))
        plain = unit.rstrip("s") if len(unit) > 1 else unit
        if plain in _TO_MILLIGRAMS:
            value, plain = round(value * _TO_MILLIGRAMS[plain], 6), "mg"
        elif plain in ("unit", "unt", "iu", "u"):
            plain = "unit"
        if of and per not in ("", "1") and (held := _number(per)):
            value = round(value / held, 6)
        found.add((value, f"{plain}/{of}" if of else plain))
    return tuple(sorted(found))


def _number(text: str) -> float | None:
    try:
        return float(text) or None
    except ValueError:
        return None


def _route(text: str) -> str:
    said = {word.strip(".,;()") for word in text.split()}
    return next((name for name, words in _words().routes.items() if said & words), "")


@cache
def _words() -> _Words:
    table = data_table("medication_names.toml")
    table.text("source")
    table.day("checked")
    routes = table.table("route")
    order = ("eye", "ear", "nasal", "vaginal", "rectal", "inhaled", "patch", "injected", "skin", "oral")
    made = _Words(
        salts=frozenset(table.texts("salts")),
        elements=frozenset(table.texts("elements")),
        around=frozenset(table.texts("around")),
        routes={name: frozenset(routes.texts(name)) for name in order},
        same=dict(table.pairs("same")),
        brands={name: frozenset(held.split(" / ")) for name, held in table.pairs("brands")},
    )
    routes.done()
    table.done()
    return made
