"""Origins as a browser writes them: scheme, host and port, nothing else.

They end up in the Content-Security-Policy header and are compared with `Origin`, so anything looser than an exact
origin would open a door. https://www.rfc-editor.org/rfc/rfc6454#section-6.2
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?")


def is_origin(text: str) -> bool:
    """True for an exact origin as browsers send it, without the default port: https, or http on loopback."""
    default_port = text.endswith(":443") if text.startswith("https:") else text.endswith(":80")
    return bool(_ORIGIN.fullmatch(text)) and not default_port and is_secure(text)


def is_secure(url: str) -> bool:
    """True when what is sent to the URL cannot be read on the way: https, or http that stays on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host or "")))


def is_loopback(host: str) -> bool:
    """True for localhost and the loopback addresses."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
