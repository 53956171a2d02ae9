"""A hostile run file: what it claims to be, its bytes, and how to tell whether it has come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.campaign.forging import Files, pack


@dataclass(frozen=True)
class Hostile:
    """`content` is a dictionary of files, to be packed as a run's zip is, or the bytes of the whole file.

    `harms` says of a record that has come in whether it does harm there: one that was put right does none. Where that is None any
    file that comes in does. `harmless` files hold just what they were made of."""

    what: str
    content: Files | bytes
    harms: Callable[[dict[str, Any]], bool] | None = None
    harmless: bool = False

    @property
    def packed(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else pack(self.content)
