"""What can be wrong before an OAuth error code is chosen for it.

    AuthorizationProblem
    |- MalformedScope      a scope that has the shape of a SMART scope and is none
    |- NothingGranted      well-formed scopes, none of which this person or this launch can be given
    |- LaunchNotUsable     a launch that is unknown, spent, too old or another client's
    |- KeyNotReadable      a client's public keys cannot be had

Each holds one fixed sentence made of the characters that RFC 6749 section 4.1.2.1 allows in `error_description`;
none repeats what was sent, so nothing sent can end up in a page, a log or a redirect.
"""

from __future__ import annotations


class AuthorizationProblem(Exception):
    """The root; `sentence` is safe to show and to send as `error_description`."""

    sentence = "The request cannot be authorized."

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class MalformedScope(AuthorizationProblem):
    """A scope such as `patient/Task.sr` or `user/.rs`."""

    sentence = "A requested scope is malformed."


class NothingGranted(AuthorizationProblem):
    """Nothing of what was asked can be given."""

    sentence = "None of the requested scopes can be granted."


class LaunchNotUsable(AuthorizationProblem):
    """The `launch` value does not lead to a chart any more, or never did."""

    sentence = "The launch is unknown, already used or too old. Open the app from the chart again."


class KeyNotReadable(AuthorizationProblem):
    """The client has no public key on file, or its JWKS URL gave none."""

    sentence = "The public keys of this client cannot be read."
