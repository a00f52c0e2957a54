"""The registration sheet: all that an EHR's form asks for, filled in, and what its security review wants to know.

    Request (whose EHR, which addresses) -> sheet(...) -> Markdown

Pure but for the data files that it reads. The fields are the vendor's (mappings/vendors), the scopes are those that a
launch asks for, the reasons stand in requested_scopes.toml.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.cds_hooks.answer import SERVICE
from app.cds_hooks.call import HOOK
from app.check.keys_probe import JWKS_PATH
from app.check.toml_table import ehr_table
from app.origins import is_origin
from app.requested_scopes import ScopeStyle, scope_text, staff_scope_text
from app.scope_reasons import explained, identity_reasons
from mappings.vendor import vendor
from mappings.vendor_facts import Fact, FormValue, Mark, RegistrationField, Vendor
from mappings.write_ladder import note_types
from smart_launch.address import check_issuer, is_loopback
from smart_launch.errors import BadIssuer
from smart_launch.keys import Algorithm
from smart_launch.registration import ClientType

NAME = "Chartside"
DESCRIPTION = (
    "Care management inside the chart: opened by care managers from a patient's chart, it reads that chart, documents"
    " consent, care plan and contacts into the EHR, and keeps no record of its own."
)
_CLIENT_WORDS = {
    "public": "Public (no secret, PKCE)",
    "symmetric": "Confidential, with a client secret (Basic)",
    "asymmetric": "Confidential, with a key (private_key_jwt",
}


class WrongRequest(Exception):
    """The sheet cannot be made so; the text is the sentence to print."""


@dataclass(frozen=True)
class Request:
    """Whose EHR, at which FHIR base, and where browsers reach Chartside. Raises WrongRequest for a wrong address."""

    vendor_name: str
    base_url: str
    app_url: str
    client_type: ClientType = "asymmetric"
    algorithm: Algorithm = "ES384"

    def __post_init__(self) -> None:
        _check_base(self.base_url)
        _check_app(self.app_url, self.base_url)

    @property
    def vendor(self) -> Vendor:
        """The vendor's facts."""
        return vendor(self.vendor_name)

    @property
    def scope_style(self) -> ScopeStyle:
        """The spelling of scopes that is advised for the vendor."""
        return "v1" if self.vendor.scopes.style == "v1" else "v2"

    @property
    def scope(self) -> str:
        """What a launch asks for; the launch scope that fits is added at the launch."""
        return scope_text(self.scope_style, notes=note_types(self.vendor))

    @property
    def launch_url(self) -> str:
        """Where the EHR opens Chartside."""
        return f"{self.app_url}/launch"

    @property
    def redirect_uri(self) -> str:
        """Where the EHR sends the browser back to."""
        return f"{self.app_url}/callback"

    @property
    def jwks_url(self) -> str:
        """Where our public keys are."""
        return f"{self.app_url}{JWKS_PATH}"

    @property
    def client_words(self) -> str:
        """How Chartside proves who it is."""
        words = _CLIENT_WORDS[self.client_type]
        return f"{words}, {self.algorithm})" if self.client_type == "asymmetric" else words


def advised_client(facts: Vendor) -> ClientType:
    """With a key where the vendor's form has a place for our keys, else with a secret."""
    has_place = any(item.value is FormValue.JWKS_URL for item in facts.registration_fields)
    return "asymmetric" if has_place else "symmetric"


def advised_algorithm(facts: Vendor) -> Algorithm:
    """RS384 where the vendor's advice names it as the only one, else ES384."""
    return "RS384" if any("only RS384" in item.advice for item in facts.registration_fields) else "ES384"


def sheet(request: Request) -> str:
    """The whole sheet as Markdown."""
    return "\n".join(
        [
            *_form(request),
            *_scopes(request),
            *_known(request),
            *_review(request),
            *_settings(request),
            *_cards(request),
            *_next(request),
        ]
    )


def table_for(request: Request, *, client_id: str = "") -> str:
    """The chartside.toml table for this EHR."""
    return ehr_table(
        request.base_url,
        vendor=request.vendor_name,
        scope_style=request.scope_style,
        client_id=client_id,
        client_type=request.client_type,
        algorithm=request.algorithm,
    )


def _check_base(base_url: str) -> None:
    try:
        check_issuer(base_url)
    except BadIssuer:
        raise WrongRequest(
            "The EHR’s address must be its FHIR base as the EHR writes it, https://HOST/PATH, without user, query or"
            " fragment (http:// only for this machine)."
        ) from None


def _check_app(app_url: str, base_url: str) -> None:
    if not is_origin(app_url):
        raise WrongRequest(
            "Chartside’s address must be https://HOST[:PORT] without a path (http:// only for this machine)."
        )
    if is_loopback(urlsplit(app_url).hostname) and not is_loopback(urlsplit(base_url).hostname):
        raise WrongRequest(
            "Chartside’s address leads to this machine alone; the EHR needs the one that browsers reach: --app-url"
            " https://HOST."
        )


def _form(request: Request) -> Iterator[str]:
    form = request.vendor.registration
    yield f"# Registering Chartside: {request.vendor.label}"
    yield ""
    yield f"For the FHIR base `{request.base_url}` and Chartside at `{request.app_url}`."
    yield ""
    yield "## The form"
    yield ""
    yield f"**Where:** {form.where}{f' (<{form.url}>)' if form.url else ''}. {form.words}"
    yield ""
    yield "| Field | What to enter | Remark |"
    yield "|---|---|---|"
    for field in form.fields:
        if field.value is FormValue.JWKS_URL and request.client_type != "asymmetric":
            continue
        name = f"{field.name}{'' if field.required else ' (optional)'}"
        yield f"| {_cell(name)} | {_cell(_value(request, field))} | {_cell(field.advice)} |"
    yield ""
    sources = dict.fromkeys(f"{item.fact.source} ({item.fact.date.isoformat()})" for item in form.fields)
    yield f"The form as it was known from: {'; '.join(sources)}. Forms change; the values stay."
    yield ""


def _value(request: Request, field: RegistrationField) -> str:
    values = {
        FormValue.APP_NAME: NAME,
        FormValue.DESCRIPTION: DESCRIPTION,
        FormValue.LAUNCH_URL: f"`{request.launch_url}`",
        FormValue.REDIRECT_URI: f"`{request.redirect_uri}`",
        FormValue.JWKS_URL: f"`{request.jwks_url}`",
        FormValue.SCOPES: "the list under *Scopes* below",
        FormValue.CLIENT_TYPE: request.client_words,
        FormValue.SMART_VERSION: request.scope_style,
        FormValue.HOME_URL: f"`{request.app_url}/`",
        FormValue.CONTACT: "the practice’s own contact",
        FormValue.FIXED: field.answer,
    }
    return values[field.value]


def _scopes(request: Request) -> Iterator[str]:
    yield "## Scopes"
    yield ""
    yield f"SMART {request.scope_style}. {request.vendor.scopes.words}"
    yield ""
    yield "```"
    yield f"launch {request.scope}"
    yield "```"
    yield ""
    yield "For the administrator’s page, which is optional:"
    yield ""
    yield "```"
    yield staff_scope_text(request.scope_style)
    yield "```"
    yield ""
    yield "| Resource | Scope | What Chartside does with it | Page | Without it |"
    yield "|---|---|---|---|---|"
    for row in explained(request.scope):
        does = [
            *([f"Reads: {row.reason.read}"] if row.reads else []),
            *([f"Writes: {row.reason.write}"] if row.writes else []),
        ]
        cells = (row.reason.type, _code(row.scopes), " ".join(does), row.reason.page, row.reason.without)
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
    for scope in ("launch", *request.scope.split()):
        if reason := identity_reasons().get(scope):
            yield f"| (none) | `{scope}` | {_cell(reason.why)} | Every page | {_cell(reason.without)} |"
    yield ""


def _known(request: Request) -> Iterator[str]:
    """What is known of this vendor beyond its form, each line with how sure it is."""
    yield f"## What is known of {request.vendor.label}"
    yield ""
    yield "Its own metadata and what it grants come first; this fills in what they do not say."
    yield ""
    yield from (f"- {remark.words} ({_how_sure(remark.fact)})" for remark in request.vendor.remarks)
    yield ""


def _how_sure(fact: Fact) -> str:
    sure = {Mark.VERIFIED: "", Mark.PUBLIC_PAGE: "from a public page: ", Mark.UNVERIFIED: "not verified: "}
    return f"{sure[fact.mark]}{fact.source}, {fact.date.isoformat()}"


_REVIEW = (
    "Chartside keeps no clinical record. It keeps tokens, a running timer and unsaved forms: encrypted, for hours.",
    "It works while its user does: no `offline_access`, no `system/` scope, and it deletes nothing.",
    "A launch from a chart reads and writes that one patient’s records; `user/` scopes there bring names alone.",
    "The administrator’s sign-in asks, as that user and without a patient, to read; it writes nothing.",
    "Authorization code with PKCE (S256), a fresh `state` and `nonce` for each launch, one redirect URI.",
    "Tokens stay on the server: in no address, no log, no cookie. They are revoked at sign-out where that is offered.",
    "No request leaves for an EHR that the settings do not name, and no link leads a token to another server.",
)


def _review(request: Request) -> Iterator[str]:
    yield "## For the security review"
    yield ""
    yield f"- Client: {request.client_words}."
    yield from (f"- {sentence}" for sentence in _REVIEW)
    yield ""


def _cards(request: Request) -> Iterator[str]:
    """What an EHR that offers CDS Hooks registers beside the app; each line is one value of its form."""
    yield "## Cards in the chart (optional)"
    yield ""
    yield "Where the EHR offers CDS Hooks, Chartside says in an opened chart what is due. Register it as a service:"
    yield ""
    yield f"- Discovery: `{request.app_url}/cds-services`, CDS Hooks 2.0"
    yield f"- Service: `{request.app_url}/cds-services/{SERVICE}`, hook `{HOOK}`; answers from prefetched data alone"
    yield (
        "- Each call bears a JWT of the EHR: ES384 or RS384, with `kid`, `iss`, `aud` (the address called), `exp`,"
        " `iat` and `jti`"
    )
    yield "- A card’s link launches Chartside; the EHR hands its `appContext` on in the token response"
    yield ""
    yield "Then ask the EHR’s vendor for its `iss` and the address of its keys, and add below the table above:"
    yield ""
    yield "```toml"
    yield "[ehr.cds_hooks]"
    yield 'issuer = "ISS-OF-THE-EHRS-TOKENS"'
    yield 'jku = ["https://ADDRESS-OF-THE-EHRS-KEYS"]'
    yield "```"
    yield ""


def _settings(request: Request) -> Iterator[str]:
    yield "## chartside.toml"
    yield ""
    yield "```toml"
    yield table_for(request)
    yield "```"
    yield ""


def _next(request: Request) -> Iterator[str]:
    yield "## Next steps"
    yield ""
    yield from (f"{number}. {step}" for number, step in enumerate(_steps(request), start=1))
    yield ""


def _steps(request: Request) -> Iterator[str]:
    if request.client_type == "asymmetric":
        made = f"`chartside keys new --algorithm {request.algorithm}`"
        yield f"{made}, and start Chartside, so that its keys are published."
    yield "Fill in the form above and wait for the client id."
    if request.client_type == "symmetric":
        yield (
            "Put the client secret into the environment variable that `secret_env` names; never into a file that is"
            " mailed."
        )
    yield "Paste the table into chartside.toml, and put right each line that ends in a remark."
    yield f"`chartside check {request.base_url}`: exit status 0 means that all that Chartside needs works."
    yield (
        "Name yourself in `admins`, sign in at Chartside’s own address under `/admin/`, and try the reading of a test"
        " patient’s chart there."
    )
    yield "Open that patient’s chart in the EHR and Chartside from there: consent, plan, contact, and close the plan."


def _code(scopes: tuple[str, ...]) -> str:
    return " ".join(f"`{scope}`" for scope in scopes)


def _cell(text: str) -> str:
    """Text inside a Markdown table: one line, no bar that would end the cell."""
    return " ".join(text.split()).replace("|", "\\|")
