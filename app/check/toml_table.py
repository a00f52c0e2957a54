"""The `[[ehr]]` table to paste into chartside.toml, with what is known filled in and the rest marked."""

from __future__ import annotations

from collections.abc import Iterator

_MARK = "# <- "


def ehr_table(
    iss: str,
    *,
    name: str = "main",
    label: str = "",
    vendor: str = "generic",
    scope_style: str = "v2",
    client_id: str = "",
    client_type: str = "asymmetric",
    algorithm: str = "ES384",
) -> str:
    """The table as TOML text. What only the administrator knows stands in it with a remark that says so."""
    return "\n".join(
        _lines(
            iss,
            name=name,
            label=label,
            vendor=vendor,
            scope_style=scope_style,
            client_id=client_id,
            client_type=client_type,
            algorithm=algorithm,
        )
    )


def quoted(text: str) -> str:
    """A TOML basic string. https://toml.io/en/v1.0.0#string"""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    plain = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in escaped)
    return f'"{plain}"'


def _lines(iss: str, **known: str) -> Iterator[str]:
    yield "[[ehr]]"
    yield f"name = {quoted(known['name'])}"
    yield f"label = {quoted(known['label'] or 'Our EHR')}" + (
        "" if known["label"] else f"  {_MARK}what people call it"
    )
    yield f"iss = {quoted(iss)}"
    yield f"vendor = {quoted(known['vendor'])}"
    waits = "" if known["client_id"] else f"  {_MARK}what the EHR gives you when Chartside is registered"
    yield f"client_id = {quoted(known['client_id'] or 'CLIENT-ID')}{waits}"
    yield f"client_type = {quoted(known['client_type'])}"
    if known["client_type"] == "symmetric":
        yield f'secret_env = "EHR_CLIENT_SECRET"  {_MARK}the environment variable that holds the secret'
    if known["client_type"] == "asymmetric":
        yield f"algorithm = {quoted(known['algorithm'])}"
    yield f'frame_origins = ["https://EHR-SCREENS"]  {_MARK}where the EHR’s screens are'
    yield f'time_zone = "America/New_York"  {_MARK}the practice’s'
    yield f"scope_style = {quoted(known['scope_style'])}"
