"""How far a load has come: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30
_REDRAW_S = 0.1
_LINE_S = 5.0


class Progress:
    """Reports progress by bytes, since the number of resources is known only at the end."""

    def __init__(self, name: str, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._total = self._done = self._resources = 0
        self._shown = 0.0

    def begin(self, total_bytes: int) -> None:
        """Start, knowing how many bytes there are."""
        self._total = total_bytes
        self._shown = self._clock()

    def advance(self, size: int, resources: int) -> None:
        """`size` more bytes are done; `resources` have been loaded so far."""
        self._done += size
        self._resources = resources
        if self._clock() - self._shown >= (_REDRAW_S if self._terminal else _LINE_S):
            self._show()

    def end(self) -> None:
        """Finish, and leave the terminal's line to what comes next."""
        self._done = self._total
        if self._terminal:
            self._show()
            self._stream.write("\n")
            self._stream.flush()

    def _show(self) -> None:
        self._shown = self._clock()
        part = min(self._done / self._total, 1.0) if self._total else 1.0
        text = f"{part:4.0%}  {self._resources:,} resources"
        if self._terminal:
            filled = round(part * _WIDTH)
            self._stream.write(f"\r{self._name} [{'#' * filled}{'.' * (_WIDTH - filled)}] {text}")
        else:
            self._stream.write(f"{self._name} {text}\n")
        self._stream.flush()
