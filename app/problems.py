"""Collects what is wrong with the settings, so that all of it is said at once and each with what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Set
from typing import Any


class SettingsError(Exception):
    """The settings are wrong; Chartside does not start. `problems` are sentences, without any secret value."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Problems:
    """A list of sentences about one settings file, and the readers that add to it instead of failing at the first."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[str] = []

    def add(self, sentence: str) -> None:
        """Notes one problem, once."""
        if sentence not in self._found:
            self._found.append(sentence)

    def raise_if_any(self) -> None:
        """Raises SettingsError with everything noted so far."""
        if self._found:
            raise SettingsError([f"{self._file}: {sentence}" for sentence in self._found])

    def unknown_names(self, table: Mapping[str, Any], known: Set[str], *, where: str) -> None:
        """Notes every name that no setting has, with the nearest one that exists."""
        for name in sorted(set(table) - known):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(sorted(known))}"
            self.add(f"{where}{name} is unknown: {hint}")

    def text(
        self, table: Mapping[str, Any], name: str, *, default: str | None = None, where: str = ""
    ) -> str:
        """The text of a setting; without a default it must be there and not be empty."""
        value = table.get(name, default)
        if value is None:
            self.add(f"{where}{name} is missing: it must be a text")
        elif not isinstance(value, str) or (not value.strip() and default is None):
            self.add(f"{where}{name} must be a text in quotes that is not empty")
        else:
            return value
        return ""

    def choice(
        self, table: Mapping[str, Any], name: str, allowed: tuple[str, ...], *, default: str, where: str
    ) -> str:
        """One of the allowed texts."""
        value = table.get(name, default)
        if value in allowed:
            return str(value)
        self.add(f"{where}{name} must be one of {', '.join(allowed)}")
        return default

    def whole_number(
        self, table: Mapping[str, Any], name: str, *, default: int, least: int, most: int, where: str = ""
    ) -> int:
        """A whole number within its bounds."""
        value = table.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.add(f"{where}{name} must be a whole number from {least} to {most}")
        return default

    def yes_or_no(self, table: Mapping[str, Any], name: str, *, default: bool, where: str) -> bool:
        """true or false."""
        value = table.get(name, default)
        if isinstance(value, bool):
            return value
        self.add(f"{where}{name} must be true or false, without quotes")
        return default

    def texts(self, table: Mapping[str, Any], name: str, *, where: str) -> tuple[str, ...]:
        """A list of texts that is not empty."""
        value = table.get(name)
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.add(f'{where}{name} must be a list of texts, as {name} = ["https://ehr.example.org"]')
        return ()
