"""Why a call of the CDS Hooks service is not answered with cards.

    CdsRefused
    |- CallerUnknown    401  the token is missing, wrong, too old or used before
    |- ServiceUnknown   404  there is no service of this name here
    |- CallUnreadable   400  the body is not what the specification says, or is about another patient or EHR
    |- CallTooLarge     413  the body is larger than is read
    |- PrefetchLacking  412  what every card needs was not prefetched

`sentence` is the whole answer: fixed words and names of the specification, nothing that the call said. `detail` is a
fixed word of ours for the log; the caller is not told which check of its token failed.
"""

from __future__ import annotations


class CdsRefused(Exception):
    """The base of all."""

    status = 400
    sentence = "The call was not accepted."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class CallerUnknown(CdsRefused):
    """Nobody whom the settings name has proven to be calling."""

    status = 401
    sentence = "The bearer token was not accepted. Chartside's log says why."


class ServiceUnknown(CdsRefused):
    """No such service, or none at all at this installation."""

    status = 404
    sentence = "There is no such CDS service here. GET /cds-services lists those there are."


class CallUnreadable(CdsRefused):
    """`detail` is the name of the field that is wrong; it is told, since it is a name of the specification."""

    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.sentence = f"This call could not be read: {detail} is missing or wrong."


class CallTooLarge(CdsRefused):
    """Refused by its size, before a byte of it was parsed."""

    status = 413
    sentence = "This call is larger than 4 MB, so it was not read. Prefetch less, or page by page."


class PrefetchLacking(CdsRefused):
    """`detail` are the prefetch keys that are missing."""

    status = 412

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.sentence = f"Without prefetched data there is no card; missing: {detail}."
