"""Which EHR calls: told by its token, which serves one call of one address and no second one.

The token is verified before the body is read, and its `jti` is noted in the store, so that no other process of this
installation takes it again either. https://cds-hooks.hl7.org/2.0/#trusting-cds-clients
"""

from __future__ import annotations

from app.cds_hooks.errors import CallerUnknown, ServiceUnknown
from app.cds_settings import CdsHooks
from app.ehr_settings import EhrSettings
from app.services import services
from app.settings import Settings
from app.store import Store
from smart_launch.caller_token import CallerToken, claimed_issuer, verify_caller
from smart_launch.errors import CallerTokenError

KIND = "cds-jti"
_SCHEME = "bearer "


def calling_ehr(authorization: str, audience: str) -> tuple[EhrSettings, CdsHooks]:
    """The EHR whose token stands in the Authorization header of a call of `audience`, and its part of the settings.

    Raises ServiceUnknown where no EHR is to have cards, CallerUnknown for every other failure.
    """
    app = services()
    if not any(ehr.cds_hooks for ehr in app.settings.ehrs):
        raise ServiceUnknown("off")
    if not authorization.lower().startswith(_SCHEME):
        raise CallerUnknown("no token")
    token = authorization[len(_SCHEME) :].strip()
    try:
        ehr, hooks = _named(app.settings, *claimed_issuer(token))
        verified = verify_caller(token, hooks.caller, audience=audience, http=app.http, now=app.now())
    except CallerTokenError as error:
        raise CallerUnknown(error.detail) from None
    if not _first(app.store, ehr, verified):
        raise CallerUnknown("used before")
    return ehr, hooks


def _named(settings: Settings, issuer: str, tenant: str | None) -> tuple[EhrSettings, CdsHooks]:
    for ehr in settings.ehrs:
        hooks = ehr.cds_hooks
        if hooks and hooks.caller.issuer == issuer and hooks.caller.tenant in (None, tenant):
            return ehr, hooks
    raise CallerUnknown("iss")


def _first(store: Store, ehr: EhrSettings, token: CallerToken) -> bool:
    """True once for each token, over all processes; noted until it would be refused as expired."""
    key = f"{ehr.name} {token.jti}"
    with store.lock(f"{KIND}:{key}"):
        if store.get(KIND, key) is not None:
            return False
        store.put(KIND, key, b"1", expires_at=token.forget_at)
        return True
