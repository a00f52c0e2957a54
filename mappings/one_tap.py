"""A contact that did not take place, told with one press: the result, a counted try, and the day of the next one.

The form is sent as it stands; what the button says goes before what was preset for a talk. A minute is what a try takes
where the form holds no minutes, and the next try has a day of its own unless another day was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FIELD, NEXT_TRY, PLANNED = "one_tap", "next_try", "next_planned"
"""The button, the day of the next try, and the day that the form opened with."""
FIELDS = (FIELD, NEXT_TRY, PLANNED)
RESULTS = ("no-answer", "left-message", "no-show", "refused", "rescheduled")
"""The results of one press, in the order of their buttons."""
AGAIN_SOON = ("no-answer", "left-message", "no-show", "rescheduled")
"""Those after which the next day is that of the next try; who refused is not pressed the day after."""


def applied(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The form with what the button means in its fields; as it came where no button was pressed."""
    sent = {name: tuple(given) for name, given in values.items()}
    result = _first(sent, FIELD)
    if result not in RESULTS:
        return sent
    made = {name: given for name, given in sent.items() if name != FIELD}
    if not _first(made, "minutes") and not (_first(made, "start") and _first(made, "end")):
        made["minutes"] = ("1",)
    untouched = not _first(made, "no_next_reason") and _first(made, "next_date") == _first(made, PLANNED)
    if result in AGAIN_SOON and untouched and _first(made, NEXT_TRY):
        made["next_date"] = (_first(made, NEXT_TRY),)
    return {**made, "result": (result,)}


def _first(values: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(values.get(name, ())), "").strip()
