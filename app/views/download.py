"""A button that makes a file in the background and then downloads it."""

from __future__ import annotations

import io
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
        **params: Any,
    ) -> None:
        """`choose` says at a click what the file is called, and what makes it in a thread."""
        self._choose, self._failed = choose, failed
        super().__init__(**params)

    @param.depends("_clicks", watch=True)
    def _transfer(self) -> None:
        # without None between, the same file once more is no news to the browser
        self.param.update(loading=True, data=None)
        name, make = self._choose()

        def take(made: bytes) -> None:
            self.filename = name
            self._sync_data(io.BytesIO(made))
            self.loading = False

        def refuse(problem: Exception) -> None:
            self.loading = False
            self._failed(problem)

        shared.background(make, take, refuse)
