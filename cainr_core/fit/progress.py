"""What a fit yields while it learns; importing it loads no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a fit stands after `step` of `steps`.

    `loss`: mean squared error in scaled units; `psnr`: dB, by the definition of `metrics`, both
    estimated on the same 16,384 points throughout; `seconds`: spent learning; `message`: something
    that a person should know, or None.
    """

    step: int
    steps: int
    loss: float
    psnr: float
    seconds: float
    points_per_second: float
    learning_rate: float
    message: str | None = None


# what a fit yields where it waits for others that learn together with it, and nothing to tell of
WAITING = Progress(-1, -1, 0.0, 0.0, 0.0, 0.0, 0.0)
