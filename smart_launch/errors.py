"""What can go wrong between Chartside and an EHR, each case with one fixed sentence for the page.

    SmartError
    |- DiscoveryError            BadIssuer, NotFhirR4, NoAuthorization
    |- CallbackError             UnknownState, WrongIssuer, MissingCode
    |  |- AccessDenied           ScopeDenied, UnknownClient, ClientDenied, RequestDenied, SignInFailed
    |- TokenError                TokenServerFailed, PatientChanged, SessionEnded
    |  |- TokenRefused           InvalidGrant
    |     |- ClientRefused       ClientNotAllowed, ScopeRefused
    |        |- ClientUnproven   WrongSecret, AssertionReplayed, RegistrationExpired  (all in refusals.py)
    |- IdTokenError
    |- CallerTokenError
    |- KeyFileError              NoSigningKey, UnknownKey, LastSigningKey
    |- RegistrationError         RegistrationRefused
    |- AppStateTooLarge
    |- FhirError(status, outcome, retry_after)
    |  |- Unauthorized 401 (TokenExpired)   Forbidden 403   NotFound 404   Gone 410   NotSupported 405 501
    |  |- Conflict 409 412   Rejected 400 422 and other 4xx   TooManyRequests 429   ServerFailed 5xx
    |  |- NotFhir (HTML, truncated JSON, a redirect)  |- TooLarge
    |  |- ForeignLink (an address outside the EHR's FHIR base; nothing was sent there)
    |- Unreachable(kind, sent)

No error holds a token, a secret, an address with parameters or the server's own words: an exception's text ends in
logs, and `error_description` is written by whoever made the link. Names are those of the standards.
https://www.rfc-editor.org/rfc/rfc6749#section-5.2 https://hl7.org/fhir/R4/http.html#Status-Codes
"""

from __future__ import annotations

from typing import Literal

from smart_launch.outcome import OutcomeIssue


class SmartError(Exception):
    """The base of all. `page_reason` is what the page says; `detail` is a fixed word of ours for the log."""

    page_reason = "The connection to the EHR did not work."

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{type(self).__name__}: {detail}" if detail else type(self).__name__)
        self.detail = detail


class DiscoveryError(SmartError):
    """Neither `.well-known/smart-configuration` nor `/metadata` could be read."""

    page_reason = "This EHR did not say how to sign in, so the app could not start."


class BadIssuer(DiscoveryError):
    """`iss` is not an address that this app will talk to. Raised before any request leaves."""

    page_reason = "The launch did not name an EHR address that this app can use."


class NotFhirR4(DiscoveryError):
    """The server's metadata is of another FHIR version than R4 (DSTU2, STU3, R5)."""

    page_reason = "This EHR address serves another version of FHIR than R4, which this app needs."


class NoAuthorization(DiscoveryError):
    """The server is FHIR R4 but offers no SMART authorization. It is never used without one."""

    page_reason = "This EHR address offers no SMART sign-in, so the app cannot open charts there."


class CallbackError(SmartError):
    """The EHR sent the browser back, but not with a usable answer to a launch of ours."""

    page_reason = "The EHR's answer to the launch could not be used."


class UnknownState(CallbackError):
    """`state` is missing, not ours, used before or too old (RFC 6749 section 10.12)."""

    page_reason = "This launch is not known here any more: it was used already, or it is too old."


class WrongIssuer(CallbackError):
    """The answer names another authorization server than the one asked (RFC 9207)."""

    page_reason = "The answer came from another EHR than the one this launch began with."


class AccessDenied(CallbackError):
    """The EHR answered with an error. `error` is one of the standard's codes, never the server's description."""

    page_reason = "The EHR did not allow this app to open the chart."

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class MissingCode(CallbackError):
    """A known `state` came back with neither `error` nor `code`."""

    page_reason = "The EHR's answer to the launch was incomplete."


class TokenError(SmartError):
    """The token endpoint did not give a usable access token."""

    page_reason = "The EHR did not complete the sign-in."


class TokenRefused(TokenError):
    """The token endpoint answered 4xx: asking again the same way will not help."""


class InvalidGrant(TokenRefused):
    """`invalid_grant`: the code or refresh token was used already, is too old, or is not ours."""

    page_reason = "The EHR says that this launch was used already or is too old."


class ClientRefused(TokenRefused):
    """`invalid_client`, `unauthorized_client` or `invalid_scope`: the app's registration does not fit."""

    page_reason = (
        "The EHR does not accept this app's registration. The practice's IT administrator can put it right."
    )


class TokenServerFailed(TokenError):
    """The token endpoint answered 5xx, 429 or something that is not a token answer. Trying again may help.

    `retry_after` is how many seconds the server asks to wait, where it says so.
    """

    page_reason = "The EHR's sign-in service failed just now."

    def __init__(self, detail: str = "", retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class PatientChanged(TokenError):
    """A refreshed token is for another patient than the launch. It is thrown away."""

    page_reason = (
        "The EHR answered for another patient than this chart's, so nothing was read and nothing filed."
    )


class SessionEnded(TokenError):
    """The access token has expired or was refused, and it could not be renewed: a new launch is needed."""

    page_reason = "The session with the EHR has ended."


class IdTokenError(SmartError):
    """The id_token is not trustworthy; `detail` names the check that failed."""

    page_reason = "The EHR's statement of who you are could not be verified."


class CallerTokenError(SmartError):
    """Who calls this service is not proven; `detail` names the check that failed."""

    page_reason = "The caller could not be verified."


class KeyFileError(SmartError):
    """A signing key's file is missing, readable by others, or not a key of the right kind."""

    page_reason = (
        "This app's signing key could not be read. The practice's IT administrator can put it right."
    )


class NoSigningKey(KeyFileError):
    """This app has no key of the algorithm that its registration with the EHR names."""

    page_reason = "This app has no signing key yet. The practice's IT administrator can make one."


class UnknownKey(KeyFileError):
    """No key of this app has that `kid`."""

    page_reason = "This app has no key of that name."


class LastSigningKey(KeyFileError):
    """The key signs, and no other key of its algorithm has been published for long enough to take over."""

    page_reason = "No other key could take over from this one yet."


class RegistrationError(SmartError):
    """Dynamic registration is not offered, or its answer is unusable. `detail` says which."""

    page_reason = "This EHR did not register the app by itself."


class RegistrationRefused(RegistrationError):
    """The EHR refused the registration. `detail` is one of RFC 7591's codes, or the status."""

    page_reason = "This EHR refused to register the app."


class AppStateTooLarge(SmartError):
    """Preferences of more than 256 KB, which no EHR has to keep. Nothing was sent."""

    page_reason = "These preferences are too long to be kept in the EHR."


class FhirError(SmartError):
    """A FHIR request was answered, but not with what was asked for.

    `retry_after` is how many seconds the EHR asks to wait (429 and 503), where it says so.
    """

    page_reason = "The EHR did not answer this request."

    def __init__(
        self, status: int, outcome: tuple[OutcomeIssue, ...] = (), retry_after: int | None = None
    ) -> None:
        codes = " ".join(sorted({issue.code for issue in outcome} - {""}))
        super().__init__(f"{status} {codes}".rstrip())
        self.status = status
        self.outcome = outcome
        self.retry_after = retry_after

    @property
    def may_have_acted(self) -> bool:
        """True when a write may have been done all the same: the server failed, or its answer was unreadable."""
        return self.status < 400 or self.status >= 500


class Unauthorized(FhirError):
    """401 although the token was renewed: this launch has no access any more."""

    page_reason = "The EHR does not accept this session any more."


class TokenExpired(Unauthorized):
    """401, and the server's words name an expired token, although it is not yet expired by what was granted."""

    page_reason = "The EHR says that this session's time has run out, earlier than it had said before."


class Forbidden(FhirError):
    """403: the scopes granted or the user's role do not allow it."""

    page_reason = "The EHR does not give you access to this."


class NotFound(FhirError):
    """404: no such resource, or no such resource type."""

    page_reason = "The EHR has no such record."


class Gone(FhirError):
    """410: the resource was deleted."""

    page_reason = "This record was deleted in the EHR."


class NotSupported(FhirError):
    """405 or 501: the EHR does not offer this interaction."""

    page_reason = "The EHR does not offer this."

    @property
    def may_have_acted(self) -> bool:
        """Never: an interaction that is not offered did nothing."""
        return False


class Conflict(FhirError):
    """409 or 412: somebody changed the resource since it was read, or several match. Both mean the same to a user."""

    page_reason = "This record was changed in the EHR since it was read."


class Rejected(FhirError):
    """400, 422 or another 4xx: the EHR refuses the content of the request."""

    page_reason = "The EHR refused what was sent."


class TooManyRequests(FhirError):
    """429: the EHR asks for fewer requests. `retry_after` is in seconds, where it said for how long."""

    page_reason = "The EHR is too busy just now."


class ServerFailed(FhirError):
    """5xx: the EHR failed."""

    page_reason = "The EHR failed while it answered."


class NotFhir(FhirError):
    """The answer is not FHIR JSON: an HTML page, cut-off JSON, a redirect to a login page."""

    page_reason = "The EHR answered with something that is not a record."


class TooLarge(NotFhir):
    """The answer is larger than one request may bring."""

    page_reason = "The EHR's answer is too large to be read."


class ForeignLink(FhirError):
    """An address outside the EHR's FHIR base. Neither a request nor the token went there."""

    page_reason = "The EHR's answer points to another place, which this app does not follow."

    def __init__(self) -> None:
        super().__init__(0)

    @property
    def may_have_acted(self) -> bool:
        """Never: nothing was sent."""
        return False


UnreachableKind = Literal["timeout", "refused", "reset"]


class Unreachable(SmartError):
    """No answer came. `sent` is False only when the request certainly did not reach the server.

    With `sent` a write may have been done: the one who wrote resolves it by looking.
    """

    page_reason = "The EHR could not be reached."

    def __init__(self, kind: UnreachableKind, *, sent: bool) -> None:
        super().__init__(f"{kind}, {'perhaps received' if sent else 'not sent'}")
        self.kind: UnreachableKind = kind
        self.sent = sent

    @property
    def may_have_acted(self) -> bool:
        """The same as `sent`, under the name that FhirError has too."""
        return self.sent
