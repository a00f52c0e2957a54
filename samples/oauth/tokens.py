"""Access and refresh tokens: opaque, kept hashed, in families that fall together.

A refresh token serves once. The second use means that it is in two hands, and nobody can tell which hand is the
right one, so the whole family is revoked (RFC 9700 section 4.14.2); so it is when an authorization code is replayed
(RFC 6749 section 4.1.2). Authlib refuses the reuse but leaves the family alive, hence this file.
https://datatracker.ietf.org/doc/html/rfc9700#section-4.14
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from authlib.oauth2.rfc6749 import ClientMixin

from samples.fhir.access import Access
from samples.oauth.context import OpenChart
from samples.oauth.ledger import KEPT_AFTER_EXPIRY_SECONDS, Ledger, hashed
from samples.oauth.scopes import APP_STATE, EVERY_TYPE, UNWRITABLE, WRITES, includes, limits, pairs

ONLINE_REFRESH_SECONDS = 12 * 3600
OFFLINE_REFRESH_SECONDS = 90 * 86_400

TokenUse = Literal["access_token", "refresh_token"]


@dataclass(frozen=True)
class Issued:
    """One issue of tokens, as Authlib asks about it. Times are seconds since 1970 in UTC.

    `scope` is the access token's; `granted_scope` is what was granted at the start and stays the bound of every
    later refresh, however narrow one of them was asked.
    """

    access_key: str = field(repr=False)
    family: str
    client_id: str
    issued_at: float
    expires_at: float
    refresh_expires_at: float
    revoked: bool
    refreshed: bool
    scope: str
    granted_scope: str
    chart: OpenChart
    use: TokenUse
    now: float

    def check_client(self, client: ClientMixin) -> bool:
        """True when it was issued to this client."""
        return bool(self.client_id == client.get_client_id())

    def get_scope(self) -> str:
        """What a refresh may ask for at most (refresh token), or what the access token allows."""
        return self.granted_scope if self.use == "refresh_token" else self.scope

    def get_expires_in(self) -> int:
        """Seconds left of the token that was looked up."""
        return int(self._end - self.now)

    def is_expired(self) -> bool:
        """True at its last second and after."""
        return self._end <= self.now

    def is_revoked(self) -> bool:
        """True when its family was revoked, or when it is a refresh token that has served."""
        return self.revoked or (self.use == "refresh_token" and self.refreshed)

    @property
    def _end(self) -> float:
        return self.refresh_expires_at if self.use == "refresh_token" else self.expires_at


class Tokens:
    """Issued tokens in the ledger's file."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def keep(
        self,
        *,
        access_token: str,
        refresh_token: str | None,
        family: str,
        client_id: str,
        seconds: int,
        scope: str,
        granted_scope: str,
        chart: OpenChart,
    ) -> None:
        """Keeps one issue of tokens for `seconds`; the refresh token lives as long as its scope says."""
        now = self._ledger.now()
        longest = (
            OFFLINE_REFRESH_SECONDS if includes(granted_scope, "offline_access") else ONLINE_REFRESH_SECONDS
        )
        body = orjson.dumps({"scope": scope, "granted_scope": granted_scope, "chart": chart.to_json()})
        refresh_key = hashed(refresh_token) if refresh_token else None
        with self._ledger.open() as connection:
            connection.execute(
                "DELETE FROM token WHERE refresh_expires_at < ?", (now - KEPT_AFTER_EXPIRY_SECONDS,)
            )
            connection.execute(
                "INSERT INTO token (access_key, refresh_key, family, client_id, issued_at, expires_at,"
                " refresh_expires_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    hashed(access_token),
                    refresh_key,
                    family,
                    client_id,
                    now,
                    now + seconds,
                    now + longest,
                    body,
                ),
            )

    def find(self, token: str, hint: str | None = None) -> Issued | None:
        """The issue to which a token belongs, as access or as refresh token; the hint only says where to look first."""
        uses: list[TokenUse] = ["access_token", "refresh_token"]
        if hint == "refresh_token":
            uses.reverse()
        return next(filter(None, (self._find(token, use) for use in uses)), None)

    def _find(self, token: str, use: TokenUse) -> Issued | None:
        query = {
            "access_token": "SELECT * FROM token WHERE access_key = ?",
            "refresh_token": "SELECT * FROM token WHERE refresh_key = ?",
        }[use]
        with self._ledger.open() as connection:
            row = connection.execute(query, (hashed(token),)).fetchone()
        return None if row is None else self._issued(row, use)

    def _issued(self, row: sqlite3.Row, use: TokenUse) -> Issued:
        body: dict[str, Any] = orjson.loads(row["body"])
        return Issued(
            access_key=row["access_key"],
            family=row["family"],
            client_id=row["client_id"],
            issued_at=row["issued_at"],
            expires_at=row["expires_at"],
            refresh_expires_at=row["refresh_expires_at"],
            revoked=bool(row["revoked"]),
            refreshed=bool(row["refreshed"]),
            scope=body["scope"],
            granted_scope=body["granted_scope"],
            chart=OpenChart.from_json(body["chart"]),
            use=use,
            now=self._ledger.now(),
        )

    def find_refresh(self, token: str) -> Issued | None:
        """The issue whose refresh token this is, whether or not it still serves."""
        return self._find(token, "refresh_token")

    def spend_refresh(self, issued: Issued) -> bool:
        """Marks the refresh token as used; False when somebody was first."""
        with self._ledger.open() as connection:
            changed = connection.execute(
                "UPDATE token SET refreshed = 1 WHERE access_key = ? AND refreshed = 0 AND revoked = 0",
                (issued.access_key,),
            ).rowcount
        return changed == 1

    def revoke_family(self, family: str) -> None:
        """Ends every token that came of one authorization."""
        with self._ledger.open() as connection:
            connection.execute("UPDATE token SET revoked = 1 WHERE family = ?", (family,))

    def revoke_access(self, issued: Issued) -> None:
        """Ends one access token now; its refresh token goes on."""
        with self._ledger.open() as connection:
            connection.execute(
                "UPDATE token SET expires_at = ? WHERE access_key = ?",
                (self._ledger.now(), issued.access_key),
            )

    def access(self, token: str) -> Access | None:
        """What an access token allows at the FHIR server; None when it is unknown, expired or revoked."""
        issued = self.valid(token)
        if issued is None:
            return None
        user = issued.chart.user
        reads_only = EVERY_TYPE in UNWRITABLE.get(user, ())
        # Who writes no record may still keep an app's settings; those lie beside the FHIR server, not in it.
        left_out = {(APP_STATE, letter) for letter in WRITES} if reads_only else frozenset()
        return Access(
            patient_grants=pairs(issued.scope, "patient") - left_out,
            user_grants=pairs(issued.scope, "user") - left_out,
            patient=issued.chart.patient,
            user=f"Practitioner/{user}" if user else "",
            client_id=issued.client_id,
            system_grants=pairs(issued.scope, "system"),
            limits=limits(issued.scope),
        )

    def valid(self, token: str) -> Issued | None:
        """The issue of an access token that is good now; None when it is unknown, expired or revoked."""
        issued = self._find(token, "access_token")
        return None if issued is None or issued.is_revoked() or issued.is_expired() else issued
