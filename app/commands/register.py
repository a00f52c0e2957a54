"""`chartside register`: the registration sheet for an EHR's form, or a registration by itself where that is offered."""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.check.token_source import TokenProblem, token_from_file, token_from_variable
from app.commands import add_config
from app.registration_sheet import (
    NAME,
    Request,
    WrongRequest,
    advised_algorithm,
    advised_client,
    sheet,
    table_for,
)
from app.settings import DEFAULT_FILE
from app.version import VERSION
from mappings.errors import UnknownVendor
from mappings.vendor import VENDORS, vendor
from smart_launch.discovery import discover
from smart_launch.dynamic_registration import ClientMetadata, RegisteredClient, register_client
from smart_launch.errors import RegistrationRefused, SmartError, Unreachable
from smart_launch.transport import Http

if TYPE_CHECKING:
    from app.commands import Commands

REFUSED, WRONG = 1, 2


def add(commands: Commands) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser("register", help="fill in an EHR's registration form, or register there")
    add_config(parser)
    parser.add_argument("--ehr", default="generic", metavar="VENDOR", help=f"whose EHR: {', '.join(VENDORS)}")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--base-url", metavar="URL", help="address of the EHR's FHIR base")
    where.add_argument("--dynamic", metavar="ISS", help="register by itself at this FHIR base (RFC 7591)")
    parser.add_argument("--app-url", metavar="URL", help="where browsers reach Chartside (public_url)")
    parser.add_argument(
        "--client-type", choices=("public", "symmetric", "asymmetric"), help="how to prove who we are"
    )
    parser.add_argument("--algorithm", choices=("ES384", "RS384"), help="of the signing key")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the sheet here instead of printing it"
    )
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="with --dynamic: the initial access token"
    )
    parser.add_argument("--token-env", metavar="NAME", help="with --dynamic: the variable that holds it")
    parser.add_argument(
        "--secret-file", type=Path, metavar="FILE", help="with --dynamic: where a client secret is kept"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 done, 1 the EHR does not register us, 2 wrong options or no answer."""
    try:
        facts = vendor(options.ehr)
        request = Request(
            options.ehr,
            options.dynamic or options.base_url,
            options.app_url or _public_url(options.config),
            options.client_type or advised_client(facts),
            options.algorithm or advised_algorithm(facts),
        )
        return _dynamic(options, request) if options.dynamic else _sheet(options, request)
    except UnknownVendor as problem:
        return _wrong(f"{problem}.")
    except (WrongRequest, TokenProblem) as problem:
        return _wrong(str(problem))


def _sheet(options: argparse.Namespace, request: Request) -> int:
    text = sheet(request)
    if options.output is None:
        # Markdown is UTF-8 wherever it is read, whatever this terminal's own encoding is.
        sys.stdout.flush()
        print(text.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))
        return 0
    try:
        options.output.write_text(text, encoding="utf-8")
    except OSError:
        return _wrong(f"{options.output} cannot be written.")
    print(f"The sheet is in {options.output}.", file=sys.stderr)
    return 0


def _dynamic(options: argparse.Namespace, request: Request) -> int:
    token = _initial_token(options)
    host = urlsplit(request.base_url).hostname or "ehr"
    secret_file = options.secret_file or Path(f"chartside-secret-{host}.txt")
    try:
        with _kept(secret_file) as keep:
            made = _register(request, token)
            keep(made)
    except FileExistsError:
        return _wrong(f"{secret_file} exists already: name another one with --secret-file.")
    except OSError:
        return _wrong(f"{secret_file} cannot be written: name another one with --secret-file.")
    except Unreachable as error:
        return _wrong(
            f"{error.page_reason} Nothing is known to be registered; look there before you try again."
        )
    except RegistrationRefused as error:
        print(f"{error.page_reason} It answered: {error.detail}.", file=sys.stderr)
        return REFUSED
    except SmartError as error:
        print(
            f"{error.page_reason} Fill in its form instead: chartside register --base-url.", file=sys.stderr
        )
        return REFUSED
    print(
        f"Registered as {made.client_id}. For chartside.toml:\n\n{table_for(request, client_id=made.client_id)}"
    )
    if made.client_secret or made.management_token:
        print(f"What must stay secret is in {secret_file}, for its owner alone.", file=sys.stderr)
    return 0


def _register(request: Request, token: str | None) -> RegisteredClient:
    http = Http()
    metadata = ClientMetadata(
        client_name=NAME,
        redirect_uris=(request.redirect_uri,),
        scope=f"launch {request.scope}",
        client_type=request.client_type,
        algorithm=request.algorithm,
        jwks_uri=request.jwks_url if request.client_type == "asymmetric" else None,
        launch_url=request.launch_url,
        client_uri=f"{request.app_url}/",
        software_version=VERSION,
    )
    configuration = discover(request.base_url, http=http)
    return register_client(configuration, metadata, http=http, initial_access_token=token)


class _Kept:
    """Writes what must stay secret into a file that was there, and for its owner alone, before anything was asked."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.used = False

    def __call__(self, made: RegisteredClient) -> None:
        lines = [
            *([made.client_secret] if made.client_secret else []),
            *(
                [f"# management: {made.management_url}"]
                if made.management_token and made.management_url
                else []
            ),
            *([f"# management token: {made.management_token}"] if made.management_token else []),
        ]
        os.write(self._descriptor, "".join(f"{line}\n" for line in lines).encode())
        self.used = bool(lines)


@contextmanager
def _kept(path: Path) -> Iterator[_Kept]:
    """A new file of mode 0600, made first: a secret that has nowhere to go is lost. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    kept = _Kept(path, descriptor)
    try:
        yield kept
    finally:
        os.close(descriptor)
        if not kept.used:
            path.unlink(missing_ok=True)


def _initial_token(options: argparse.Namespace) -> str | None:
    if options.token_file:
        return token_from_file(options.token_file).access_token
    if options.token_env:
        return token_from_variable(options.token_env, os.environ).access_token
    return None


def _public_url(config: Path | None) -> str:
    """Where browsers reach Chartside, as it is set up. Nothing else of the settings need be right yet."""
    file = config or Path(os.environ.get("CHARTSIDE_CONFIG", DEFAULT_FILE))
    named = os.environ.get("CHARTSIDE_PUBLIC_URL")
    if named:
        return named
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("public_url")
    except (OSError, ValueError):
        found = None
    if not isinstance(found, str):
        raise WrongRequest("Say where browsers will reach Chartside: --app-url https://HOST.")
    return found


def _wrong(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return WRONG
