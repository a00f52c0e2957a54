"""How hard a text is to read: a school grade for English, a score for Spanish.

English by Flesch and Kincaid (Kincaid et al. 1975, https://apps.dtic.mil/sti/citations/ADA006655), Spanish by
Fernández Huerta (1959, as corrected in https://legible.es/blog/lecturabilidad-fernandez-huerta/, where 60 to 80 stands
for grades 6 to 8). Both count words, sentences and syllables and know nothing of meaning: they find long sentences and
long words, and a person still reads the page.
"""

from __future__ import annotations

import re
import unicodedata

_SENTENCE_END = re.compile(r"[.!?:;]+(?:\s|$)|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
_APART = re.compile(r"ia|io(?!n|u)|iu|ua")
_IRREGULAR = {"diabetes": 4}
_SPANISH_NUCLEUS = re.compile(r"[aeoáéó]|[íú]|(?<![aeoáéó])[iuü]+(?![aeoáéó])")


def english_grade(text: str) -> float:
    """The US school grade of an English text; 0.0 for one without words.

    >>> english_grade("The cat sat on the mat.") < 1
    True
    """
    words, sentences = _words(text), _sentences(text)
    if not words:
        return 0.0
    syllables = sum(map(english_syllables, words))
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return round(max(grade, 0.0), 1)


def spanish_ease(text: str) -> float:
    """The reading ease of a Spanish text, 100 the easiest; 0.0 for one without words."""
    words, sentences = _words(text), _sentences(text)
    if not words:
        return 0.0
    syllables = sum(map(spanish_syllables, words))
    return round(206.84 - 60 * syllables / len(words) - 1.02 * len(words) / sentences, 1)


def english_syllables(word: str) -> int:
    """The syllables of an English word, counted by its groups of vowels; a silent e is none, "ia" and the like are two.

    >>> [english_syllables(word) for word in ("care", "table", "medicine", "walked", "needed")]
    [1, 2, 3, 1, 2]
    """
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word.lower()) if letter.isalpha())
    if plain in _IRREGULAR:
        return _IRREGULAR[plain]
    count = len(_VOWELS.findall(plain)) + len(_APART.findall(plain))
    if (plain.endswith("e") and not plain.endswith(("le", "ee", "ye")) and count > 1) or (
        plain.endswith("ed") and not plain.endswith(("ted", "ded")) and count > 1
    ):
        count -= 1
    elif plain.endswith("es") and not plain.endswith(("ses", "ches", "shes", "xes", "zes", "ces", "ges")):
        count -= count > 1
    return max(count, 1)


def spanish_syllables(word: str) -> int:
    """The syllables of a Spanish word: strong vowels each, weak ones alone; "qu", "gue" and "gui" have a silent u.

    >>> [spanish_syllables(word) for word in ("que", "día", "presión", "azúcar", "ciudad", "guía")]
    [1, 2, 2, 3, 2, 2]
    """
    plain = re.sub(r"qu(?=[eiéí])|gu(?=[eiéí])", "g", word.lower())
    plain = re.sub(r"y$", "", plain) if len(plain) > 1 else plain.replace("y", "i")
    return max(len(_SPANISH_NUCLEUS.findall(plain)), 1)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _sentences(text: str) -> int:
    """How many pieces with at least one word the text falls into."""
    return max(sum(1 for piece in _SENTENCE_END.split(text) if _WORD.search(piece)), 1)
