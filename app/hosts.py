"""The one host that is served: a request for any other name is answered with a page, and nothing is done for it.

Without it a page could be had under a name that an attacker points at our address (DNS rebinding), and a wrongly
set-up proxy would be found only by a browser that keeps no cookie. `chartside serve` turns it on.
https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.errors import WrongHost
from app.settings import Settings

SERVED = "CHARTSIDE_SERVED_HOSTS"
PROBES = frozenset({"home.health", "home.ready"})
"""A load balancer and a container ask these by address, and they tell nothing of a patient."""
_DEFAULT_PORTS = {"https": 443, "http": 80}


def register(app: Flask) -> None:
    """Looks at every request's host, once `serve_only` has named those that are served."""
    app.before_request(_check)


def serve_only(app: Flask, settings: Settings) -> None:
    """Serves `public_url` alone, and believes the `X-Forwarded-` headers of exactly `proxies` proxies before us.

    https://werkzeug.palletsprojects.com/en/stable/middleware/proxy_fix/
    """
    app.config[SERVED] = served_hosts(settings.public_url)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to wrap an app
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )


def served_hosts(public_url: str) -> frozenset[str]:
    """What the Host header of a request for `public_url` may be: a browser leaves its scheme's port out."""
    parts = urlsplit(public_url)
    host = parts.netloc.lower()
    default = _DEFAULT_PORTS[parts.scheme]
    if parts.port is None:
        return frozenset({host, f"{host}:{default}"})
    return frozenset({host, host.removesuffix(f":{default}")})


def _check() -> None:
    served: frozenset[str] | None = current_app.config.get(SERVED)
    if served is None or request.endpoint in PROBES:
        return
    if request.environ.get("HTTP_HOST", "").lower() not in served:
        raise WrongHost()
