"""The language a patient speaks, in English words.

EHRs send a BCP-47 tag with or without a name, and the tag alone ("es-MX") tells a nurse less than "Spanish".
The names are those of https://www.iana.org/assignments/language-subtag-registry for the languages most spoken
in the US.
"""

from __future__ import annotations

from typing import Any

from mappings.terminology import codings, words_of

_NAMES = {
    "am": "Amharic", "ar": "Arabic", "bn": "Bengali", "bs": "Bosnian", "de": "German", "en": "English",
    "es": "Spanish", "fa": "Persian", "fr": "French", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
    "hmn": "Hmong", "ht": "Haitian Creole", "hy": "Armenian", "it": "Italian", "ja": "Japanese", "km": "Khmer",
    "ko": "Korean", "lo": "Lao", "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "nv": "Navajo", "pa": "Punjabi",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sm": "Samoan", "so": "Somali",
    "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "yi": "Yiddish", "zh": "Chinese",
}  # fmt: skip


def language_words(concept: Any) -> str:
    """The language in words ("Spanish"), the EHR's own words for one we do not know, or ""."""
    for coding in codings(concept):
        name = _NAMES.get(coding.code.lower().replace("_", "-").split("-", 1)[0])
        if name:
            return name
    said = words_of(concept)
    return _NAMES.get(said.lower(), said)
