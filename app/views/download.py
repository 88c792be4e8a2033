"""A button that makes a file in the background and then downloads it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui
import param

from app import shared


class Download(pmui.FileDownload):
    """Making the file holds up neither the page nor other visitors; a spinner shows meanwhile."""

    def __init__(
        self,
        choose: Callable[[], tuple[str, Callable[[], bytes]]],
        failed: Callable[[Exception], None],
        long: bool = False,
        **params: Any,
    ) -> None:
        """`choose` says at a click what the file is called, and what makes it in a thread; `long`:
        whether that may take many seconds."""
        self._choose, self._failed, self._long = choose, failed, long
        self._making, self._made = False, 0
        super().__init__(**params)
        self._show = shared.decided(self, "loading", lambda: self._making)

    @param.depends("_clicks", watch=True)
    def _transfer(self) -> None:
        name, make = self._choose()
        self._make(True)

        def take(made: bytes) -> None:
            # the browser downloads what is new to it: the same file once more has another number
            self._made += 1
            kind = f"application/octet-stream;number={self._made}"
            data = f"data:{kind};base64,{b64encode(made).decode()}"
            self.filename = name
            self.data = data
            self._make(False)

        def refuse(problem: Exception) -> None:
            self._make(False)
            self._failed(problem)

        shared.background(make, take, refuse, long=self._long)

    def _make(self, making: bool) -> None:
        self._making = making
        self._show()
