"""What can go wrong inside this room. A resource that breaks a rule is not an error but a Problem.

    ProfileError
    |- UnknownCodeError              a code system of ours, or a code in it, does not exist
    |- UnsupportedDefinitionError    a StructureDefinition uses what the compiler does not know

Both are slips in our own code or definitions and never the user's, so they are raised and not shown.
"""

from __future__ import annotations


class ProfileError(Exception):
    """Root of this room's errors."""


class UnknownCodeError(ProfileError, LookupError):
    """A code system of ours, or a code in it, that does not exist."""


class UnsupportedDefinitionError(ProfileError):
    """A StructureDefinition uses a feature that the compiler does not know.

    Raised rather than passed over: a rule that is written down and never checked is worse than none.
    """
