"""The two published formulas, on texts whose words, sentences and syllables can be counted by hand."""

from __future__ import annotations

import doctest

import pytest

from mappings import reading_grade
from mappings.reading_grade import english_grade, english_syllables, spanish_ease, spanish_syllables


def test_its_examples_hold():
    assert doctest.testmod(reading_grade).failed == 0


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("a", 1), ("care", 1), ("people", 2), ("diabetes", 4), ("hospital", 3), ("the", 1), ("safe", 1), ("rides", 1),
        ("houses", 2), ("walked", 1), ("wanted", 2), ("medicine", 3), ("free", 1), ("Zoë", 1), ("rhythm", 1),
    ],
)  # fmt: skip
def test_syllables_of_english(word, count):
    assert english_syllables(word) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("sol", 1), ("queso", 2), ("guerra", 2), ("día", 2), ("aire", 2), ("ciudad", 2), ("médico", 3), ("corazón", 3),
        ("hoy", 1), ("muy", 1), ("país", 2), ("leer", 2), ("pingüino", 3), ("enfermedad", 4), ("y", 1),
    ],
)  # fmt: skip
def test_syllables_of_spanish(word, count):
    assert spanish_syllables(word) == count


def test_a_grade_by_hand():
    # 6 words, 1 sentence, 10 syllables: 0.39 * 6 + 11.8 * 10 / 6 - 15.59 = 6.4
    assert english_grade("Your medicine list is ready today.") == pytest.approx(6.4, abs=0.05)


def test_an_ease_by_hand():
    # 4 words, 1 sentence, 8 syllables: 206.84 - 60 * 2 - 1.02 * 4 = 82.8
    assert spanish_ease("Tome la pastilla azul.") == pytest.approx(82.8, abs=0.05)


def test_longer_words_and_sentences_are_harder():
    easy = "Eat less salt. Call us."
    hard = "Nutritional modification necessitates comprehensive sodium limitation throughout hospitalization."
    assert english_grade(easy) < 3
    assert english_grade(hard) > 15


@pytest.mark.parametrize("text", ["", "   ", "120 / 80", "…", "🙂"])
def test_a_text_without_words_has_no_grade(text):
    assert (english_grade(text), spanish_ease(text)) == (0.0, 0.0)
