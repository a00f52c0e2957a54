"""A demo that is killed outright, so that it can clean up nothing, leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT

PARENT = """
import os, sys
from app.demo import Children
children = Children()
waits = "import time; print('here', flush=True); time.sleep(120)"
child = children.start("The child", [sys.executable, "-c", waits], dict(os.environ))
child.wait_for_line("here")
print(child.process.pid, flush=True)
children.watch()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_children_of_a_killed_demo_end() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], env=environment, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        lines = (line.strip() for line in parent.stdout)
        child = int(next(line for line in lines if line.isdigit()))
        assert _is_running(child)
        parent.send_signal(signal.SIGKILL)
    give_up_at = time.monotonic() + 20
    while _is_running(child):
        assert time.monotonic() < give_up_at, "the child outlived the demo"
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
