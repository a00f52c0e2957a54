"""What can go wrong inside this room. What an EHR sends is never an error here: mappings read anything.

    MappingError
    |- DataFileError       a data file of ours (TOML) does not hold what its reader asks of it
    |- NotForABlock        records that could not be read back exactly from a note
    |- UnknownVendor       no facts are kept under this vendor's name

A DataFileError is a slip in our own data and never the user's; an UnknownVendor is a name that somebody typed.
"""

from __future__ import annotations

from collections.abc import Iterable


class MappingError(Exception):
    """Root of this room's errors."""


class DataFileError(MappingError, ValueError):
    """A data file that is missing something, holds something unknown, or holds a value of the wrong kind.

    `file` and `where` say where it stands; raised rather than passed over, since a fact that nobody reads is lost.
    """

    def __init__(self, file: str, where: str, problem: str) -> None:
        self.file = file
        self.where = where
        self.problem = problem
        super().__init__(f"{file}: {where}: {problem}")


class NotForABlock(MappingError, ValueError):
    """Records that cannot be carried in a note so that they are read back exactly; the message says why."""


class UnknownVendor(MappingError, LookupError):
    """No vendor of this name. `known` are the names there are."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f'"{name}" is not a vendor that Chartside knows: {", ".join(self.known)}')
