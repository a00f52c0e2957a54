"""A browser without a screen, for stories that need hundreds of launches or requests that no browser would send.

It goes through the real redirects of the real launch, keeps cookies as the EHR's frame would, and sends the form of a
page just as the page holds it. What only Chromium can prove (frames, scripts, focus) is proven in Chromium.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import lxml.html
import requests

from tests.onward import onward_form
from tests.running import Practice

SECONDS = 40
REDIRECTS = 8


class Seen:
    """One page as it came back: its address, status and content; `came_by` are all the addresses on the way."""

    def __init__(self, answer: requests.Response, came_by: list[str]) -> None:
        self.came_by = came_by
        self.url = answer.url
        self.sent_on_to = answer.headers.get("Location", "")
        self.status = answer.status_code
        self.headers = answer.headers
        self.text = answer.text
        self.document = lxml.html.fromstring(answer.text or "<html></html>")

    @property
    def words(self) -> str:
        """The text a person reads, white space made single; of a page's title nothing."""
        body = self.document.find("body")
        return " ".join((self.document if body is None else body).text_content().split())

    @property
    def launch_id(self) -> str:
        """The launch that this page's address names."""
        return urlsplit(self.url).path.split("/")[2]

    def all(self, css_class: str) -> list[str]:
        """The text of each element with this class."""
        found = self.document.find_class(css_class)
        return [" ".join(each.text_content().split()) for each in found]

    def count_of(self, panel: str) -> int:
        """How many a panel says that it holds; 0 where it says nothing."""
        found = self.document.xpath(f"//*[@id='panel-{panel}']//*[@class='panel__count']/text()")
        return int(found[0].strip("()")) if found else 0

    def form_frame(self) -> dict[str, str]:
        """The hidden fields that every form of the page bears."""
        return {
            str(field.get("name")): str(field.get("value"))
            for field in self.document.xpath("//input[@type='hidden']")
        }

    def form(self, form_id: str = "form") -> dict[str, list[str]]:
        """What the page's form would send now."""
        (form,) = [each for each in self.document.forms if each.get("id") == form_id]
        values: dict[str, list[str]] = {}
        long = {each.get("name") for each in form.iter("textarea")}
        for name, value in form.form_values():
            # A browser drops the line break that follows <textarea>; lxml keeps it.
            values.setdefault(name, []).append(value.removeprefix("\n") if name in long else value)
        return values


class Visitor:
    """One browser with one cookie jar, used as `with Visitor(practice) as nurse:`."""

    def __init__(self, running: Practice) -> None:
        self.running = running
        self._http = requests.Session()
        self._http.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of the app's site. The EHR sets none that a frame of the app would see."""
        return {cookie.name: cookie.value or "" for cookie in self._http.cookies}

    def begin(self, patient_id: str) -> dict[str, str]:
        """Begins a launch and stops at the EHR's authorization endpoint; what it is asked for."""
        launch = self._go("GET", self._launch_address(patient_id, "nurse"), headers={}, hops=1)
        asked = self._go("GET", launch.sent_on_to, headers={}, hops=1)
        onward = onward_form(asked.text)
        return onward[1] if onward else dict(parse_qsl(urlsplit(asked.sent_on_to).query))

    def launch(self, patient_id: str, *, user: str = "nurse", **more: str) -> Seen:
        """Opens Chartside from the patient's chart; the page where the launch ends."""
        return self.get(self._launch_address(patient_id, user, **more))

    def get(self, address: str, **headers: str) -> Seen:
        """A page; a path alone is one of the app's."""
        return self._go("GET", address, headers=headers)

    def post(
        self,
        address: str,
        fields: Mapping[str, Any],
        *,
        origin: str | None = "",
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> Seen:
        """Sends a form. `origin` "" is the app's own, None sends no such header. Stays at the answer unless it is to
        `follow` where that leads.
        """
        sent = dict(headers or {})
        if origin is not None:
            sent["Origin"] = origin or self.running.app_url
        return self._go("POST", address, data=fields, headers=sent, hops=REDIRECTS if follow else 1)

    def send(self, page: Seen, **changes: Any) -> Seen:
        """Fills in a page's form and saves it: `changes` replace the values of fields (a dot as two underscores)."""
        fields = page.form() | {name.replace("__", "."): value for name, value in changes.items()}
        return self.post(page.url, fields)

    def _launch_address(self, patient_id: str, user: str, **more: str) -> str:
        query = urlencode({"patient": patient_id, "user": user, **more})
        return f"{self.running.ehr_url}/launch/chartside?{query}"

    def _go(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str],
        data: Any = None,
        hops: int = REDIRECTS,
    ) -> Seen:
        """Follows every redirect and the form to the sign-in itself: requests would not send a Secure cookie over http.

        Browsers do so on the loopback, which they take for secure.
        """
        url, came_by = urljoin(f"{self.running.app_url}/", address), list[str]()
        while True:
            came_by.append(url)
            sent = {**headers, **self._cookie_header(url)}
            answer = self._http.request(
                method, url, headers=sent, data=data, timeout=SECONDS, allow_redirects=False
            )
            if len(came_by) == hops:
                return Seen(answer, came_by)
            onward = onward_form(answer.text)
            if answer.is_redirect:
                method, data, url = "GET", None, urljoin(url, answer.headers["Location"])
            elif onward is not None:
                method, (url, data) = "POST", onward
            else:
                return Seen(answer, came_by)

    def _cookie_header(self, url: str) -> dict[str, str]:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": held} if held and url.startswith(f"{self.running.app_url}/") else {}
