"""What a rung of the write ladder is: whether it takes a record, and in which form that is (design section 6).

    NativeRung      native.py       the record itself
    Carrier         carrier.py      a note that holds the records of one save
      AnswersRung     answers.py      as a QuestionnaireResponse
      DocumentRung    document.py     as a DocumentReference
    CopyReadyRung   copy_ready.py   text that a person pastes

`ladder.py` holds them and chooses.
"""

from __future__ import annotations

from typing import Protocol

from app.ehr.gateway import Gateway
from mappings.rung import Rung


class WriteRung(Protocol):
    """One form in which an EHR may take what was documented."""

    rung: Rung

    def can(self, gateway: Gateway, resource_type: str, interaction: str) -> bool:
        """Whether this launch may do it here ("create" or "update"): metadata, granted scopes, earlier refusals."""

    def shows_again(self, gateway: Gateway, resource_type: str) -> bool:
        """Whether what was filed so can be read back in this launch: a rung counts only then."""
