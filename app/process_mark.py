"""A file that a process holds locked for as long as it lives, so that others of this machine can tell that it died.

The kernel gives the lock back however a process ends, also by SIGKILL or for want of memory, and a number that the
kernel gives to another process later on cannot be mistaken for it. https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

FOLDER = "running"
_IN_MAKING = ".new"


class ProcessMarks:
    """The marks of the processes that share one folder, made with mode 0700 at the first mark. Safe for threads.

    `process` tells which process this is. Its mark ends with this object, at the latest with the process. Every method
    raises OSError where the folder cannot be used.
    """

    def __init__(self, folder: Path, *, process: Callable[[], int] = os.getpid) -> None:
        self._folder = folder
        self._process = process
        self._lock = threading.Lock()
        self._own: tuple[int, str, weakref.finalize[..., ProcessMarks]] | None = None

    def own(self) -> str:
        """This process's mark, made when it is first asked for. A process that was forked makes one of its own."""
        with self._lock:
            number = self._process()
            if self._own is None or self._own[0] != number:
                self._let_go()
                mark, file = self._made()
                self._own = (number, mark, weakref.finalize(self, os.close, file))
            return self._own[1]

    def is_of_the_dead(self, mark: str) -> bool:
        """True when the process that made the mark is no more. Of the two, only a true answer is for good."""
        try:
            file = os.open(self._folder / mark, os.O_RDONLY)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    def sweep(self) -> None:
        """Removes the marks of the dead."""
        for file in self._folder.glob("[!.]*"):
            if self.is_of_the_dead(file.name):
                file.unlink(missing_ok=True)

    def _let_go(self) -> None:
        """Closes what a forked process has of its parent's mark; the parent's own hold on it stays."""
        if self._own is not None:
            self._own[2]()
            self._own = None

    def _made(self) -> tuple[str, int]:
        """Name and descriptor. It gets its name once it is locked, so that nobody finds it free meanwhile."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = secrets.token_hex(8)
        unnamed = self._folder / f"{_IN_MAKING}-{mark}"
        file = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        unnamed.rename(self._folder / mark)
        return mark, file
