"""Whether the process of a heartbeat lives."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from rnnlab.sweeps.search.heartbeat import heartbeat, is_alive


def test_a_process_that_ended_is_dead_though_nobody_has_asked_for_its_end() -> None:
    """As in a container whose first process fetches no children: a killed worker's trial would never be run again."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        stat = Path(f"/proc/{process.pid}/stat")
        last = {**heartbeat(), "pid": process.pid, "born": stat.read_text().rpartition(")")[2].split()[19]}
        assert is_alive(last) and is_alive(heartbeat())
        process.kill()
        while stat.read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.01)
        assert not is_alive(last)
    assert not is_alive(last) and not is_alive(None)
