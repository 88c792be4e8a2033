"""A button that takes a file from the visitor's machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel_material_ui as pmui

from app import shared
from app.settings import settings
from app.style import SMALL
from app.uploads import MB, Uploads
from app.words import plain, size_of
from cainr_core.errors import CainrError

CHOOSE = "Choose a NetCDF file"
PIECE = 4 * MB  # bytes of a message; Bokeh takes 20 MB


class UploadButton:
    """The button, and under it how much has arrived.

    Panel keeps the pieces of a file in memory and does not limit them; here they go to
    `app.uploads`, one by one.
    """

    def __init__(
        self,
        uploads: Uploads,
        arrived: Callable[[Path], None],
        refused: Callable[[Exception], None],
        seen_by: str,
    ) -> None:
        """`seen_by`: who sees what is made of a file."""
        self._uploads, self._arrived, self._refused = uploads, arrived, refused
        self.button = pmui.FileInput(
            label=CHOOSE, uploaded_label="{filename}", chunk_size=PIECE,
            max_file_size=settings.upload_mb * MB, multiple=False, variant="outlined",
            width=None, sizing_mode="stretch_width", margin=SMALL, size="small",
            css_classes=["upload"],
        )  # fmt: skip
        # Any name is taken: what a file is, is read in the file. Material would refuse one by its
        # name with a sign, and no word.
        self.button._handle_msg = shared.held(self._take)  # type: ignore[method-assign]
        self.told = pmui.Typography(
            f"At most {settings.upload_mb:,} MB; it may be dropped on the button. The file is "
            f"removed when you close or reload the page; runs of it stay, and {seen_by} them.",
            variant="caption", margin=(0, 8), sizing_mode="stretch_width",
        )  # fmt: skip
        self._size = 0

    def _take(self, message: Any) -> None:
        """What the page says of a file: initializing, pieces, finished or error."""
        try:
            status = message.get("status")
            if status == "initializing":
                self._size = 0
                self.button.uploaded_label = "{filename}"
                self._uploads.begin()
            elif status == "upload_event":
                data = bytes(message["data"])
                self._uploads.take(
                    str(message["name"]), message["chunk"], message["total_chunks"], data
                )
                self._size += len(data)
                self.told.object = f"{size_of(self._size)} have arrived."
            elif status == "finished":
                self._finish()
            elif status == "error":
                raise CainrError(
                    "The file was not sent: it is larger than the "
                    f"{settings.upload_mb:,} MB that this server takes."
                )
        except CainrError as problem:
            self.button._send_msg({"status": "error", "error": str(problem)})
            self.button.uploaded_label = CHOOSE  # else it names the one before
            self.told.object = "The file was not taken."
            self._refused(problem)

    def back_to(self, path: str, why: str) -> None:
        """Name the file before, if there was one, instead of the last, and say why that is not
        taken for as long as nothing else is sent."""
        kept = f" {Path(path).name} is still chosen." if path else ""
        self.button.uploaded_label = Path(path).name or CHOOSE
        self.told.object = plain(why + kept)

    def _finish(self) -> None:
        path = self._uploads.finish()
        if path is not None:
            self.button._send_msg({"status": "finished"})
            self.told.object = f"{size_of(self._size)} have arrived; removed with this page."
            self._arrived(path)
