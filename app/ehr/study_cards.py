"""The cards of many patients, searched with the user's own rights: what came, or the plain reason why nothing did.

As the tasks of the team are (`team_tasks`): only in a launch without a patient; nothing is opened and nothing written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.ehr.team_tasks import search_pages
from fhir_profiles.canonical import code_system
from smart_launch.errors import FhirError, Forbidden, Unauthorized, Unreachable
from smart_launch.fhir_client import SmartClient

LATELY_DAYS = 90
NOT_GRANTED = "The EHR has not given this sign-in the right to read the cards of many patients."
REFUSED = "The EHR refuses to show the cards of many patients to your account."
FAILED = "The cards could not be read just now."


@dataclass(frozen=True)
class StudyCards:
    """What was read. `reason` is "" where the cards came; `whole` is False where there are more of them."""

    tasks: tuple[dict[str, Any], ...] = ()
    reason: str = ""
    whole: bool = True


def read_study_cards(client: SmartClient, *, now: datetime) -> StudyCards:
    """Our cards of every patient that were filed or changed in the last months.

    Raises Unauthorized where the session has ended; every other failure is a reason in words.
    """
    if not client.grant.scopes.allows("Task", "s", levels=("user",)):
        return StudyCards(reason=NOT_GRANTED)
    since = (now - timedelta(days=LATELY_DAYS)).date().isoformat()
    wanted = [
        ("status", "completed"),
        ("code", f"{code_system('task-code')}|needs-card"),
        ("modified", f"ge{since}"),
    ]
    try:
        tasks, whole = search_pages(client, "Task", wanted)
    except Unauthorized:
        raise
    except Forbidden:
        return StudyCards(reason=REFUSED)
    except (FhirError, Unreachable):
        return StudyCards(reason=FAILED)
    return StudyCards(tasks, whole=whole)
