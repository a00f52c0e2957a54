"""The real launch over HTTP, without a browser: every redirect of the EHR and of the app, with the app's cookie.

For tests that open hundreds of charts, and for measuring; the journeys drive a Chromium.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from tests.onward import onward_form
from tests.running import Practice

SECONDS = 30
MOST_REDIRECTS = 8


class Browser(requests.Session):
    """Sends the app's cookie over the loopback's plain http, as a browser does; requests alone would keep it back."""

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        prepared = super().prepare_request(request)
        host = urlsplit(prepared.url or "").hostname
        own = [f"{cookie.name}={cookie.value}" for cookie in self.cookies if cookie.domain == host]
        if own:
            prepared.headers["Cookie"] = "; ".join(own)
        return prepared


def browser_session() -> Browser:
    """A browser with no cookies, which no proxy of the environment comes between."""
    session = Browser()
    session.trust_env = False
    return session


def launch(
    running: Practice, patient_id: str, *, user: str = "nurse", session: requests.Session | None = None
) -> requests.Response:
    """Launches from the patient's chart and follows every redirect; the answer is the page it lands on."""
    browser = session or browser_session()
    chosen = urlencode({"patient": patient_id, "user": user})
    address = f"{running.ehr_url}/launch/{running.settings.ehrs[0].client_id}?{chosen}"
    fields: dict[str, str] | None = None
    # Followed one by one: on a redirect of its own, requests forgets which cookies it may send.
    for _ in range(MOST_REDIRECTS):
        method = "GET" if fields is None else "POST"
        answer = browser.request(method, address, data=fields, timeout=SECONDS, allow_redirects=False)
        fields = None
        if answer.is_redirect:
            address = urljoin(address, answer.headers["Location"])
            continue
        onward = onward_form(answer.text)
        if onward is None:
            return answer
        address, fields = onward
    raise AssertionError("the launch went round in circles")


def launch_id(page: requests.Response) -> str:
    """The id of the launch that a page belongs to."""
    found = re.search(r"/l/([0-9a-f]{32})/", page.url)
    if found is None:
        raise AssertionError(f"the launch ended at status {page.status_code}, not in a chart")
    return found[1]
