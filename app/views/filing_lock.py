"""One decision at a time about what becomes of one patient's entries: saves, takings-back and texts to paste."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager

from app.current import current_launch
from app.services import services

FILING_LEASE = 180.0
"""Seconds: longer than reading the chart, saving and looking afterwards can take with every time-out of theirs."""


def filing_lock() -> AbstractContextManager[None]:
    """Held against everybody who decides about this launch's patient at this EHR, in whatever process."""
    here = current_launch()
    name = json.dumps([here.ehr.iss, here.patient_id])
    return services().store.lock(f"filing:{name}", lease=FILING_LEASE)
