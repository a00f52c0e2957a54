"""Is this EHR configured, and as what? Nothing is asked of anybody here."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from app.check.finding import Area, Finding, State
from app.check.subject import Subject
from app.check.toml_table import ehr_table
from app.ehr_settings import EhrSettings
from app.settings import Settings
from smart_launch.address import is_loopback


def settings_findings(subject: Subject) -> Iterator[Finding]:
    """Whether a launch from this address would be let in, and what the EHR must have registered."""
    yield _configured(subject)
    if subject.ehr and subject.settings:
        yield from _registration(subject.ehr, subject.settings)


def _finding(name: str, state: State, sentence: str, **detail: object) -> Finding:
    return Finding(Area.SETTINGS, name, state, sentence, detail)


def _configured(subject: Subject) -> Finding:
    if subject.ehr:
        vendor = "" if subject.vendor.name == "generic" else f", vendor {subject.vendor.label}"
        return _finding(
            "configured",
            State.OK,
            f"Configured as “{subject.ehr.name}” ({subject.ehr.label}){vendor}.",
            ehr=subject.ehr.name,
            vendor=subject.vendor.name,
        )
    near = _near(subject)
    hint = f" “{near}” is configured, but an address must be the same letter for letter." if near else ""
    return _finding(
        "configured",
        State.FAILED,
        f"Not configured: Chartside refuses every launch from this address.{hint} chartside.toml needs this table:",
        toml=ehr_table(subject.shown, vendor=subject.vendor_name, scope_style=subject.scope_style),
    )


def _near(subject: Subject) -> str:
    """A configured address that differs only by a slash at the end or by capitals."""
    ehrs = subject.settings.ehrs if subject.settings else ()
    plain = subject.base.lower()
    return next((ehr.iss for ehr in ehrs if ehr.iss.rstrip("/").lower() == plain), "")


def _registration(ehr: EhrSettings, settings: Settings) -> Iterator[Finding]:
    kinds = {
        "public": "a public client",
        "symmetric": "a client with a secret",
        "asymmetric": "a client with a key",
    }
    yield _finding(
        "registration",
        State.OK,
        f"Registered as {kinds[ehr.client_type]} under the id “{ehr.client_id}”.",
        client_type=ehr.client_type,
        client_id=ehr.client_id,
    )
    here = settings.public_url.startswith("http:") and not is_loopback(urlsplit(ehr.iss).hostname)
    where = " These lead to this machine alone: no other browser gets there." if here else ""
    yield _finding(
        "our-addresses",
        State.FAILED if here else State.OK,
        f"The EHR must have registered the launch URL {settings.public_url}/launch and the redirect URI"
        f" {settings.redirect_uri}.{where}",
        launch_url=f"{settings.public_url}/launch",
        redirect_uri=settings.redirect_uri,
    )
    yield from _directory(ehr)
    yield _finding(
        "administrators",
        State.OK if ehr.admins else State.NOTE,
        f"{_users(len(ehr.admins))} may open the administrator’s page."
        if ehr.admins
        else "Nobody may open the administrator’s page: name its users with `admins`.",
        count=len(ehr.admins),
    )


def _directory(ehr: EhrSettings) -> Iterator[Finding]:
    """The directory of resources, and each row of it that was left out."""
    directory = ehr.practice.resource_directory
    if not directory.file:
        return
    yield _finding(
        "resource-directory",
        State.OK,
        f"The directory {directory.file} holds {_resources(len(directory.resources))}.",
        count=len(directory.resources),
        left_out=len(directory.problems),
    )
    for number, problem in enumerate(directory.problems, start=1):
        yield _finding(f"resource-row-{number}", State.FAILED, problem)


def _resources(count: int) -> str:
    return "one resource" if count == 1 else f"{count} resources"


def _users(count: int) -> str:
    return "One user" if count == 1 else f"{count} users"
