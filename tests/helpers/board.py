"""A running TensorBoard, to be asked."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

PATIENCE = 90.0  # seconds until something that does not come counts as missing
CLASSES = {"bad": "坏", "fair": "$x^$", "good": "good"}  # one that figures have no letter for, one like a formula


@dataclass(frozen=True)
class Server:
    """A TensorBoard that `rnnlab tensorboard` has started.

    Attributes:
        address: Where it listens, with a slash at the end.
        output: What the command printed by then.
    """

    address: str
    output: str

    def ask(self, route: str, body: Any = None, **query: str) -> Any:
        """What a route below /data/ answers."""
        return json.loads(self.read(route, body, **query))

    def read(self, route: str, body: Any = None, **query: str) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        address = f"{self.address}data/{route}{'?' * bool(query)}{urlencode(query)}"
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            content: bytes = answer.read()
        return content

    def plugin(self, route: str, **query: str) -> Any:
        """What a route of a plugin answers."""
        return self.ask(f"plugin/{route}", **query)

    def await_(self, question: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
        """The answer, once it is what is waited for: TensorBoard reads files in its own time."""
        deadline = time.monotonic() + PATIENCE
        while not enough(answer := question()):
            assert time.monotonic() < deadline, f"TensorBoard has only read {answer}"
            time.sleep(0.2)
        return answer
