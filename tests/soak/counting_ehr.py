"""The sandbox EHR in a process of its own, with many patients, writing down what its token endpoint was asked.

`python -m tests.soak.counting_ehr FOLDER PORT APP_URL TOKEN_SECONDS PATIENTS`. One JSON line for each token request
goes to FOLDER/tokens.jsonl: the grant, the status and a hash of the refresh token that was brought.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from flask import Flask
from werkzeug.serving import make_server

import samples.server
from samples.sandbox import sandbox_of
from samples.server import _SilentHandler as SilentHandler
from samples.settings import SandboxSettings
from tests.benchmarks.charts import Resource, _of_cast

MODEL = "earl-whitcomb"
"""The patient of the cast whose chart each patient of the soak has."""
TOKENS = "tokens.jsonl"
READY = "ready"


def patient_id(number: int) -> str:
    """The id of one of the soak's patients."""
    return f"{MODEL}-{number}"


def patients(count: int) -> Iterable[Resource]:
    """The chart of the model, again and again, each under ids of its own."""
    text = json.dumps(_of_cast(MODEL))
    own = {item["id"] for item in json.loads(text)}
    for number in range(count):
        copy = text
        for each in sorted(own, key=len, reverse=True):
            copy = copy.replace(f'"{each}"', f'"{each}-{number}"').replace(f'/{each}"', f'/{each}-{number}"')
        yield from json.loads(copy)


class TokenCounter:
    """A WSGI layer that writes down each request to the token endpoint."""

    def __init__(self, app: Any, path: Path) -> None:
        self._app, self._path = app, path

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or not environ["PATH_INFO"].endswith("/token"):
            return self._app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = parse_qs(body.decode())

        def note(status: str, *rest: Any) -> Any:
            brought = form.get("refresh_token", [""])[0]
            line = {
                "grant": form["grant_type"][0],
                "status": int(status[:3]),
                "token": hashlib.sha256(brought.encode()).hexdigest() if brought else None,
            }
            with self._path.open("a") as file:
                file.write(json.dumps(line) + "\n")
            return start_response(status, *rest)

        return self._app(environ, note)


def settings(folder: Path, port: int, app_url: str, token_seconds: int) -> SandboxSettings:
    """The sandbox's settings for one run."""
    return SandboxSettings(
        state_dir=folder / "ehr",
        port=port,
        app_launch_url=f"{app_url}/launch",
        app_redirect_uris=(f"{app_url}/callback",),
        access_token_seconds=token_seconds,
    )


def main(arguments: list[str]) -> None:
    """Serves until it is ended; FOLDER/ready appears when it listens."""
    folder, port, app_url, token_seconds, count = (
        Path(arguments[0]), int(arguments[1]), arguments[2], int(arguments[3]), int(arguments[4]),
    )  # fmt: skip
    app: Flask = samples.server.create_app(settings(folder, port, app_url, token_seconds))
    sandbox_of(app).store.load(patients(count))
    app.wsgi_app = TokenCounter(app.wsgi_app, folder / TOKENS)  # type: ignore[method-assign]  # Flask's own way
    server = make_server("localhost", port, app, threaded=True, request_handler=SilentHandler)
    (folder / READY).touch()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
