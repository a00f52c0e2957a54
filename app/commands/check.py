"""`chartside check ISS`: what of Chartside will work at one EHR, for a security review and before going live.

The report goes to standard output, what is being done to standard error. Nothing is written to the EHR unless
`--write-test` names a test patient and that is confirmed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.check import table
from app.check.access import Access, backend_access, token_access
from app.check.document import document
from app.check.finding import EXIT_STATUS, TITLES, Section, result_of
from app.check.inquiry import Inquiry
from app.check.report import Run, areas, section
from app.check.subject import Subject
from app.check.token_source import TokenProblem, token_from_file, token_from_variable
from app.check.wire import Wire
from app.commands import add_config, load_settings
from app.settings import DEFAULT_FILE, Settings
from app.version import VERSION
from mappings.vendor import VENDORS
from smart_launch.errors import BadIssuer, SmartError
from smart_launch.transport import Http

if TYPE_CHECKING:
    from app.commands import Commands

NOT_CHECKED = 2
_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_PLAIN = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-"})
"""Typographic signs in ASCII."""


def add(commands: Commands) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser("check", help="tell what of Chartside will work at an EHR")
    parser.add_argument(
        "iss", metavar="ISS", help="name of a configured EHR, or the address of its FHIR base"
    )
    add_config(parser)
    parser.add_argument(
        "--vendor", choices=VENDORS, default="generic", help="whose EHR it is, where ISS is not configured"
    )
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="look with the access token in FILE")
    parser.add_argument("--token-env", metavar="NAME", help="look with the access token in this variable")
    parser.add_argument(
        "--backend",
        nargs="?",
        const="",
        metavar="CLIENT_ID",
        help="look as a backend service, which proves itself with Chartside's key (under its own client id)",
    )
    parser.add_argument(
        "--patient", metavar="ID", help="with a token: read this patient's chart as a launch does"
    )
    parser.add_argument(
        "--write-test",
        metavar="ID",
        help="write one labelled test record of each type for this TEST patient, read it back, take it away",
    )
    parser.add_argument(
        "--yes", metavar="ID", help="confirm --write-test: the same patient id again, instead of being asked"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Checks and prints. 0: all that Chartside needs works; 1: something will not; 2: it could not be checked."""
    subject = _subject(options)
    if subject is None:
        return NOT_CHECKED
    ca_file = subject.settings.ca_file if subject.settings else None
    http = Http(verify=str(ca_file) if ca_file else True)
    inquiry = Inquiry(subject, http=http, wire=Wire(ca_file), now=time.time)
    try:
        access = _access(options, inquiry)
        _check_patients(options, access)
    except (TokenProblem, NotConfirmed) as problem:
        _say(str(problem))
        return NOT_CHECKED
    return _report(Run(inquiry, access, options.patient, options.write_test), as_json=options.json)


class NotConfirmed(Exception):
    """Something about a patient was asked for that cannot be done so; the text is the sentence to print."""


def _check_patients(options: argparse.Namespace, access: Access | None) -> None:
    """Raises NotConfirmed for a patient without a token, and for a write test that nobody confirmed."""
    for option, patient_id in (("--patient", options.patient), ("--write-test", options.write_test)):
        if patient_id is None:
            continue
        if not _ID.fullmatch(patient_id):
            raise NotConfirmed(f"{option} must be the id of a Patient, as it stands in its address.")
        if access is None:
            raise NotConfirmed(f"{option} needs a token: add --token-file FILE or --token-env NAME.")
    if options.write_test is None:
        return
    if access and not access.for_charts:
        raise NotConfirmed("--write-test needs the token of a user: a backend service writes nothing.")
    if not _confirmed(options):
        raise NotConfirmed("Nothing was written: the patient’s id was not confirmed.")


def _confirmed(options: argparse.Namespace) -> bool:
    """True when the id of the test patient was given a second time, by --yes or at the keyboard."""
    if options.yes is not None:
        return bool(options.yes == options.write_test)
    if not sys.stdin.isatty():
        _say("--write-test writes to the EHR. Confirm it with --yes and the patient’s id.")
        return False
    _say(
        f"This writes test records for the patient {options.write_test} at {options.iss}, and takes them away again."
        "\nOnly ever name a test patient. Type the id again to go on:"
    )
    return sys.stdin.readline().strip() == str(options.write_test)


def _report(run: Run, *, as_json: bool) -> int:
    style = _style()
    if not as_json:
        _print(table.heading(run.inquiry.subject, now=run.inquiry.now(), app_version=VERSION, style=style))
    done: list[Section] = []
    for area in areas(run):
        _say(f"{TITLES[area]} ...")
        done.append(section(run, area))
        if not as_json and (text := table.section_text(done[-1], style=style)):
            _print(f"\n{text}")
    if as_json:
        _print_json(run, done)
    else:
        _print(f"\n{table.closing(done, style=style)}")
    return EXIT_STATUS[result_of(done)]


def _print_json(run: Run, done: list[Section]) -> None:
    made = document(
        run.inquiry.subject,
        done,
        now=run.inquiry.now(),
        app_version=VERSION,
        with_token=run.access is not None,
        with_patient=run.patient_id is not None,
    )
    # ASCII, so that a pipe or a terminal of any encoding keeps it whole.
    print(json.dumps(made, indent=2), flush=True)


def _subject(options: argparse.Namespace) -> Subject | None:
    """What is to be checked; None after saying why there is nothing. An address needs no settings file."""
    by_address = "://" in options.iss
    if by_address and not _has_settings(options):
        return Subject(options.iss, vendor_name=options.vendor)
    settings = load_settings(options)
    if settings is None:
        return None
    ehr = settings.ehr_by_iss(options.iss) if by_address else settings.ehr_by_name(options.iss)
    if ehr is None and not by_address:
        _say(f"No EHR is configured under that name. {_known(settings)}")
        return None
    return Subject(ehr.iss if ehr else options.iss, ehr, settings, vendor_name=options.vendor)


def _has_settings(options: argparse.Namespace) -> bool:
    named = options.config or os.environ.get("CHARTSIDE_CONFIG")
    return bool(named) or DEFAULT_FILE.exists()


def _known(settings: Settings) -> str:
    names = ", ".join(ehr.name for ehr in settings.ehrs)
    return f"Configured are: {names}. For any other, give the address of its FHIR base (https://...)."


def _access(options: argparse.Namespace, inquiry: Inquiry) -> Access | None:
    """What the options say to look with. Raises TokenProblem."""
    ways = [options.token_file, options.token_env, options.backend]
    if sum(way is not None for way in ways) > 1:
        raise TokenProblem("Give one of --token-file, --token-env and --backend.")
    if options.backend is not None:
        return _backend(options.backend, inquiry)
    if options.token_file:
        brought = token_from_file(options.token_file)
    elif options.token_env:
        brought = token_from_variable(options.token_env, os.environ)
    else:
        return None
    try:
        return token_access(inquiry, brought.access_token, scope=brought.scope)
    except BadIssuer:
        raise TokenProblem("A token goes to no such address: it must be https://HOST/PATH.") from None


def _backend(client_id: str, inquiry: Inquiry) -> Access:
    try:
        return backend_access(inquiry, client_id=client_id)
    except ValueError:
        raise TokenProblem(
            '--backend needs an EHR that is configured with client_type = "asymmetric".'
        ) from None
    except SmartError as error:
        raise TokenProblem(f"The EHR gave no token to a backend service. {error.page_reason}") from None


def _style() -> table.Style:
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return table.Style(
        width=shutil.get_terminal_size((100, 24)).columns,
        bold=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
        plain=not encoding.startswith("utf"),
    )


def _print(text: str) -> None:
    """Prints what the terminal's encoding can show."""
    encoding = sys.stdout.encoding or "ascii"
    plain = text.translate(_PLAIN) if _style().plain else text
    print(plain.encode(encoding, "replace").decode(encoding), flush=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
