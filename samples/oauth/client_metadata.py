"""What an app says of itself when it registers, read strictly: each rule of RFC 7591 section 2 that concerns SMART.

What is not understood is ignored, as section 2 asks; what is understood and wrong is an error, never mended.
https://datatracker.ietf.org/doc/html/rfc7591#section-2
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from samples.oauth import scopes
from samples.oauth.clients import BACKEND_SCOPES, AuthMethod
from samples.oauth.errors import AuthorizationProblem

AUTH_METHODS: Final = ("none", "client_secret_basic", "private_key_jwt")
GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
PRIVATE_PARTS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
MOST_ADDRESSES: Final = 20
LONGEST_TEXT: Final = 4_096


class MetadataRefused(Exception):
    """`error` is RFC 7591's word, `sentence` says what to change; neither repeats what was sent."""

    def __init__(self, sentence: str, error: str = "invalid_client_metadata") -> None:
        self.error = error
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True)
class Metadata:
    """A registration as it was understood. `scope` None: no limit was asked for."""

    redirect_uris: tuple[str, ...]
    auth_method: AuthMethod
    grant_types: tuple[str, ...]
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    scope: str | None
    name: str

    def to_json(self) -> dict[str, Any]:
        """What is registered, by RFC 7591's names; nothing empty."""
        told = {
            "redirect_uris": list(self.redirect_uris),
            "token_endpoint_auth_method": self.auth_method,
            "grant_types": list(self.grant_types),
            "response_types": ["code"] if "authorization_code" in self.grant_types else [],
            "jwks": self.jwks,
            "jwks_uri": self.jwks_uri,
            "scope": self.scope,
            "client_name": self.name,
        }
        return {name: value for name, value in told.items() if value}


def read_metadata(asked: Mapping[str, Any]) -> Metadata:
    """The registration that an app asks for. Raises MetadataRefused."""
    if "software_statement" in asked:
        raise MetadataRefused("Software statements are not taken here.", "invalid_software_statement")
    method = cast(
        AuthMethod, _one_of(asked, "token_endpoint_auth_method", AUTH_METHODS, "client_secret_basic")
    )
    grant_types = _grant_types(asked, method)
    has_user = "authorization_code" in grant_types
    jwks, jwks_uri = _keys(asked, method)
    return Metadata(
        redirect_uris=_redirect_uris(asked, needed=has_user),
        auth_method=method,
        grant_types=grant_types,
        jwks=jwks,
        jwks_uri=jwks_uri,
        scope=_scope(asked, has_user=has_user),
        name=_text(asked, "client_name") or "",
    )


def _grant_types(asked: Mapping[str, Any], method: str) -> tuple[str, ...]:
    given = _texts(asked, "grant_types") or ("authorization_code",)
    unknown = set(given) - set(GRANT_TYPES)
    if unknown:
        raise MetadataRefused(f"grant_types may be {', '.join(GRANT_TYPES)}.")
    if "client_credentials" in given and (method != "private_key_jwt" or len(given) > 1):
        raise MetadataRefused("client_credentials stands alone and needs private_key_jwt.")
    if given == ("refresh_token",):
        raise MetadataRefused("refresh_token needs authorization_code beside it.")
    response_types = _texts(asked, "response_types")
    wanted = ("code",) if "authorization_code" in given else ()
    if response_types and response_types != wanted:
        raise MetadataRefused("response_types must be code for authorization_code, and empty without it.")
    return given


def _redirect_uris(asked: Mapping[str, Any], *, needed: bool) -> tuple[str, ...]:
    given = _texts(asked, "redirect_uris", error="invalid_redirect_uri")
    if needed and not given:
        raise MetadataRefused("redirect_uris are needed.", "invalid_redirect_uri")
    if not needed and given:
        raise MetadataRefused("A backend service has no redirect_uris.", "invalid_redirect_uri")
    if not all(_is_address(uri) for uri in given):
        sentence = "Each redirect URI must be an absolute https address, or http on this machine, without a fragment."
        raise MetadataRefused(sentence, "invalid_redirect_uri")
    return given


def _is_address(uri: str) -> bool:
    """True for https anywhere and http on the loopback; never javascript:, data:, a fragment or a user in the URL."""
    if any(character <= " " or character in "\\\x7f" or ord(character) > 126 for character in uri):
        return False
    try:
        parts = urlsplit(uri)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or "#" in uri:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keys(asked: Mapping[str, Any], method: str) -> tuple[Mapping[str, Any] | None, str | None]:
    jwks, jwks_uri = asked.get("jwks"), _text(asked, "jwks_uri")
    if jwks is not None and jwks_uri:
        raise MetadataRefused("Give jwks or jwks_uri, not both.")
    if method != "private_key_jwt":
        return None, None
    if jwks_uri:
        if not _is_address(jwks_uri) or not _is_loopback(urlsplit(jwks_uri).hostname or ""):
            raise MetadataRefused("jwks_uri must be on this machine: the sandbox reaches no further.")
        return None, jwks_uri
    if not isinstance(jwks, dict) or not isinstance(jwks.get("keys"), list) or not jwks["keys"]:
        raise MetadataRefused("private_key_jwt needs jwks_uri, or jwks with at least one key.")
    return _public(jwks), None


def _public(jwks: Mapping[str, Any]) -> Mapping[str, Any]:
    keys = jwks["keys"]
    if not all(isinstance(key, dict) for key in keys):
        raise MetadataRefused("jwks holds something that is no key.")
    if any(PRIVATE_PARTS & key.keys() for key in keys):
        raise MetadataRefused("jwks holds a private or secret key: send public keys only, and make new ones.")
    try:
        found = KeySet.import_key_set({"keys": keys}).keys
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise MetadataRefused("A key of jwks cannot be read.") from problem
    named = [key.get("kid") for key in keys]
    if (
        any(key.key_type not in ("RSA", "EC") for key in found)
        or not all(named)
        or len(set(named)) < len(named)
    ):
        raise MetadataRefused("Each key of jwks must be RSA or EC and have a kid of its own.")
    return {"keys": keys}


def _scope(asked: Mapping[str, Any], *, has_user: bool) -> str | None:
    """The scopes the client may ask for. A backend service is given no more than reading."""
    text = _text(asked, "scope")
    try:
        if not has_user:
            return scopes.grant_system(text or BACKEND_SCOPES, BACKEND_SCOPES)
        scopes.parse(text or "")
    except AuthorizationProblem as problem:
        raise MetadataRefused(problem.sentence) from problem
    return text


def _one_of(asked: Mapping[str, Any], name: str, known: tuple[str, ...], default: str) -> str:
    value = asked.get(name, default)
    if value not in known:
        raise MetadataRefused(f"{name} may be {', '.join(known)}.")
    return str(value)


def _text(asked: Mapping[str, Any], name: str) -> str | None:
    value = asked.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise MetadataRefused(f"{name} must be a text of at most {LONGEST_TEXT} characters.")
    return value


def _texts(asked: Mapping[str, Any], name: str, *, error: str = "invalid_client_metadata") -> tuple[str, ...]:
    value = asked.get(name)
    if value is None:
        return ()
    if (
        not isinstance(value, list)
        or len(value) > MOST_ADDRESSES
        or not all(isinstance(each, str) and len(each) <= LONGEST_TEXT for each in value)
    ):
        raise MetadataRefused(f"{name} must be a list of at most {MOST_ADDRESSES} texts.", error)
    return tuple(value)
