"""The page of everything that can go wrong between Chartside and an EHR: words for the nurse and the administrator.

What happened is the error's own fixed sentence; here stands what to do, and where the administrator looks. The first
row that fits is the page, so a special case stands before its general one.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.ehr.errors import BreakTheGlass
from mappings.panel import PROTECTED_NEXT
from smart_launch import errors as smart
from smart_launch import refusals

BACK_TO_CHART = "Go back to the chart and open Chartside again."
TELL_IT = "If it happens again, give the reference number below to your IT administrator."
WRONG_PATIENT = "Close this page, and open Chartside again from the chart of the patient you mean."
_ANEW = f"{BACK_TO_CHART} {TELL_IT}"
_LATER = f"Wait a minute and try again. {TELL_IT}"
_LATER_OR_ANEW = f"Wait a minute and try again, or go back to the chart and open Chartside again. {TELL_IT}"
_ASK_IT = "Trying again will not help. Ask your IT administrator, and give them the reference number below."
_NOT_IN = "The EHR did not let Chartside in"
_SETUP = "Chartside is not set up right in the EHR"
_DOWN = "The EHR is not answering"
_ENDED = "The EHR has ended this session"
_CHECK = "`chartside check` tries the whole sign-in and says which part fails."


@dataclass(frozen=True)
class SmartPage:
    """`word` stands beside the reference number, so that an administrator knows the case before reading a log."""

    kind: type[smart.SmartError]
    word: str
    title: str
    what_to_do: str
    status: int
    for_admin: str = ""


PAGES: tuple[SmartPage, ...] = (
    # The session with the EHR.
    SmartPage(smart.SessionEnded, "session-ended", _ENDED, BACK_TO_CHART, 401,
        "The token could not be renewed. Where it happens within minutes, see how long the EHR lets refresh tokens"
        " live, and whether online_access is granted."),
    SmartPage(smart.TokenExpired, "token-expired", _ENDED, BACK_TO_CHART, 401,
        "The EHR calls a token expired that it had given for longer, and a new one as well. Compare the clocks of both"
        " servers, and the EHR's token lifetime with its own answer (expires_in)."),
    SmartPage(smart.Unauthorized, "token-not-accepted", _ENDED, BACK_TO_CHART, 401,
        "The EHR refused the token with 401 and gave no better one. Compare the clocks of both servers, and see"
        " whether the user was signed out of the EHR."),
    SmartPage(smart.PatientChanged, "patient-changed", "Wrong patient: nothing was done", WRONG_PATIENT, 409),
    # The EHR's sign-in page said no.
    SmartPage(refusals.ScopeDenied, "scope-denied", _NOT_IN, _ASK_IT, 403,
        "Compare the scopes in the EHR's registration of Chartside with those that Chartside asks for, also the least"
        " (minimum_scopes): the EHR refused both."),
    SmartPage(refusals.UnknownClient, "client-id", _SETUP, _ASK_IT, 403,
        "Compare client_id in Chartside's settings with the EHR's registration, and see that it is active in this"
        " environment."),
    SmartPage(refusals.ClientDenied, "client-denied", _SETUP, _ASK_IT, 403,
        "See that the EHR's registration of Chartside is active, allows the authorization code grant, and holds the"
        " scopes that Chartside asks for."),
    SmartPage(refusals.RequestDenied, "authorize-request", "Chartside could not open", _ANEW, 403,
        "Where it happens at each launch: the redirect URI registered in the EHR must be Chartside's public_url with"
        " /callback, to the letter. Where it happens at times: a launch of the EHR serves once."),
    SmartPage(refusals.SignInFailed, "sign-in-failed", _DOWN, _LATER_OR_ANEW, 502,
        "The EHR's authorization server reported a failure of its own."),
    SmartPage(smart.AccessDenied, "denied", _NOT_IN,
        f"If you should have access, ask your IT administrator. {BACK_TO_CHART}", 403,
        "The user cancelled, or may not use Chartside: see the app's list of users or roles in the EHR."),
    SmartPage(smart.UnknownState, "state", "Chartside could not open", _ANEW, 400),
    SmartPage(smart.WrongIssuer, "wrong-issuer", "Chartside could not open", _ANEW, 400,
        "The answer named another authorization server than the EHR's configuration does: see `issuer` there."),
    SmartPage(smart.CallbackError, "callback", "Chartside could not open", _ANEW, 400,
        "The EHR sent the browser back without a code and without an error."),
    # The EHR's token endpoint said no.
    SmartPage(refusals.WrongSecret, "client-secret", _SETUP, _ASK_IT, 502,
        "Compare the secret in the environment variable that secret_env names with the EHR's, which may have been"
        " replaced."),
    SmartPage(refusals.AssertionReplayed, "assertion-jti", _SETUP, _ANEW, 502,
        "The EHR refused the signed proof's one-time number (jti). Compare the clocks of both servers, and see that no"
        " proxy sends requests twice."),
    SmartPage(refusals.RegistrationExpired, "registration-expired", _SETUP, _ASK_IT, 502,
        "Renew Chartside's registration in the EHR, or register it again (`chartside register`)."),
    SmartPage(refusals.ClientUnproven, "client-proof", _SETUP, _ASK_IT, 502,
        "Compare client_type with the EHR's registration. With a signing key: the EHR must reach Chartside's"
        " /.well-known/jwks.json, and the clocks must agree."),
    SmartPage(refusals.ScopeRefused, "token-scope", _SETUP, _ASK_IT, 502,
        "The token was refused for its scopes, also for the least of them. Compare the scopes in the EHR's"
        " registration with those that Chartside asks for."),
    SmartPage(refusals.ClientNotAllowed, "client-not-allowed", _SETUP, _ASK_IT, 502,
        "See that the EHR's registration of Chartside allows the authorization code grant and refresh tokens."),
    SmartPage(smart.InvalidGrant, "code-used", "Chartside could not open", _ANEW, 502,
        "Where it happens at each launch: compare the clocks, and the redirect URI to the letter. Else somebody"
        " used the browser's Back button."),
    SmartPage(smart.TokenServerFailed, "token-failed", _DOWN, _LATER_OR_ANEW, 502,
        "The EHR's token endpoint failed, asked to wait, or answered with a page in place of a token."),
    SmartPage(smart.TokenRefused, "token-refused", "Chartside could not open", _ANEW, 502, _CHECK),
    SmartPage(smart.TokenError, "token-unusable", "Chartside could not open", _ANEW, 502,
        f"The EHR's answer held no usable token. {_CHECK}"),
    # Who the user is, and how to sign in at all.
    SmartPage(smart.IdTokenError, "id-token", "Chartside could not open", _ANEW, 502,
        "The id_token failed a check. Compare the clocks, and see that the EHR's jwks_uri can be reached from here."),
    SmartPage(smart.KeyFileError, "signing-key", _SETUP, _ASK_IT, 502,
        "No signing key could be used: see key_file, or make one with `chartside keys new`."),
    SmartPage(smart.DiscoveryError, "discovery", "Chartside could not open", _ANEW, 502,
        f"The EHR's .well-known/smart-configuration and /metadata could not be used. {_CHECK}"),
    # The chart.
    SmartPage(BreakTheGlass, "break-the-glass", "This chart is protected", PROTECTED_NEXT, 403),
    SmartPage(smart.TooManyRequests, "too-many-requests", "The EHR is too busy", _LATER, 503,
        "The EHR answers 429: see its rate limit for Chartside."),
    SmartPage(smart.Unreachable, "unreachable", _DOWN, _LATER, 504,
        "No answer came: see the network between both servers, the EHR's certificate (ca_file), and its status page."),
    SmartPage(smart.ServerFailed, "server-failed", "The EHR failed", f"Try again in a minute. {TELL_IT}", 502,
        "The EHR answered with a failure of its own (5xx)."),
    SmartPage(smart.NotFhir, "not-fhir", "The EHR did not do this", f"Try again in a minute. {TELL_IT}", 502,
        "Something that is no record came in its place: half an answer, a sign-in page, or a proxy's page."),
    SmartPage(smart.FhirError, "request-refused", "The EHR did not do this", f"Try again in a minute. {TELL_IT}", 502),
    SmartPage(smart.SmartError, "ehr", "Chartside could not open", _ANEW, 502),
)  # fmt: skip


def page_of(error: smart.SmartError) -> SmartPage:
    """The first page that fits."""
    return next(page for page in PAGES if isinstance(error, page.kind))
