"""The page on the way to an EHR's sign-in: what its form sends, for browsers without a screen that run no script."""

from __future__ import annotations

import lxml.html


def onward_form(page: str) -> tuple[str, dict[str, str]] | None:
    """Where the form goes and what it holds, as a browser would post it; None on any other page."""
    found = lxml.html.fromstring(page or "<html></html>").xpath("//form[@data-onward]")
    if not found:
        return None
    (form,) = found
    assert form.method == "POST"
    return form.action, {str(name): str(value) for name, value in form.form_values()}
