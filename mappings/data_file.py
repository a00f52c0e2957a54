"""A strict reader of our own TOML data files: every key is asked for once, and one that nobody asks for is refused.

A slip of the pen in a data file must not turn into a fact that is silently not there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any, TypeVar

from mappings.errors import DataFileError

Choice = TypeVar("Choice", bound=StrEnum)
_MISSING: Any = object()


class DataTable:
    """One TOML table while it is read: `take_*` removes a key, `done` refuses what is left.

    Each raises DataFileError, which names the file and the place, for a value that is missing or of another kind.
    """

    def __init__(self, file: str, where: str, values: Any) -> None:
        if not isinstance(values, dict):
            raise DataFileError(file, where, "is not a table")
        self._file = file
        self._where = where
        self._left = dict(values)

    def error(self, name: str, problem: str) -> DataFileError:
        """The error that says what is wrong with one key of this table."""
        return DataFileError(self._file, f"{self._where}{name}", problem)

    def done(self) -> None:
        """Refuses the keys that nobody took."""
        if self._left:
            raise self.error(", ".join(sorted(self._left)), "is unknown")

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty, unless the default says so."""
        value = self._take(name, default)
        if not isinstance(value, str) or not (value.strip() or default == ""):
            raise self.error(name, "must be a text that is not empty")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """true or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self.error(name, "must be true or false")
        return value

    def number(self, name: str) -> int | None:
        """A whole number above 0, or None where the key is absent: not known."""
        value = self._left.pop(name, None)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value <= 0):
            raise self.error(name, "must be a whole number above 0")
        return value

    def day(self, name: str) -> date:
        """A date without a time."""
        value = self._take(name, None)
        if type(value) is not date:
            raise self.error(name, "must be a date, as 2026-11-21")
        return value

    def texts(self, name: str, default: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(name, None if default is None else list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.error(name, "must be a list of texts")
        return tuple(value)

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """A list of [name, value] texts that is not empty."""
        value = self._take(name, None)
        if not isinstance(value, list) or not value or not all(_is_pair(item) for item in value):
            raise self.error(name, "must be a list of [name, value] texts")
        return tuple((item[0], item[1]) for item in value)

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One of the values of `kind`."""
        value = self._take(name, default)
        if value not in set(kind):
            raise self.error(name, f"must be one of {', '.join(kind)}")
        return kind(value)

    def each(self, name: str, kind: type[Choice]) -> tuple[Choice, ...]:
        """A list of values of `kind`."""
        values = self.texts(name)
        if set(values) - set(kind):
            raise self.error(name, f"must be of {', '.join(kind)}")
        return tuple(kind(value) for value in values)

    def table(self, name: str) -> DataTable:
        """A table inside this one."""
        return DataTable(self._file, f"{self._where}{name}.", self._take(name, None))

    def named_tables(self, name: str) -> Iterator[tuple[str, DataTable]]:
        """The tables `[name.*]`, each with its own name."""
        inside = self._take(name, None)
        if not isinstance(inside, dict):
            raise self.error(name, "is not a table")
        for key, values in inside.items():
            yield key, DataTable(self._file, f"{self._where}{name}.{key}.", values)

    def tables(self, name: str) -> Iterator[DataTable]:
        """The tables `[[name]]`, none where there are none."""
        rows = self._left.pop(name, [])
        if not isinstance(rows, list):
            raise self.error(name, "is not a list of tables")
        for index, values in enumerate(rows):
            yield DataTable(self._file, f"{self._where}{name}[{index}].", values)

    def _take(self, name: str, default: Any) -> Any:
        value = self._left.pop(name, _MISSING)
        if value is not _MISSING:
            return value
        if default is None:
            raise self.error(name, "is missing")
        return default


def data_table(path: str) -> DataTable:
    """The data file at `path` inside this room, as `vendors/epic.toml`. Raises DataFileError where it is no TOML."""
    try:
        values = tomllib.loads(files("mappings").joinpath(path).read_text("utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataFileError(path, "", str(error)) from error
    return DataTable(path, "", values)


def _is_pair(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item)
