"""The last lesson: when a wavelet is the better choice."""

from __future__ import annotations

from app.lessons.context import BOTH
from app.lessons.lesson import Lesson, Network, Step

LESSON = Lesson(
    title="When a wavelet is the better choice",
    told="The wavelet codec SPERR beside the networks, at equal bytes.",
    networks={"none": Network(4, 24), "both": Network(4, 24, BOTH)},
    steps=(
        Step(
            title="A network without context",
            told="First a small network that is given place and time alone.",
            watch="Remember its bytes and its RMSE.",
            learn="none",
            show=("none",),
        ),
        Step(
            title="SPERR at the same bytes",
            told="SPERR needs no learning: it takes a wavelet transform, keeps what is large, and "
            "is done in a second. Here it makes a file of the same size.",
            watch="Read the table: at equal bytes the wavelet has the smaller error. Where nothing "
            "is known besides the field, it is the better choice, and with more bytes by more.",
            show=("none",),
            sperr=("none",),
        ),
        Step(
            title="A network with context",
            told="The same network with topography and climatology.",
            watch="It is now ahead of what SPERR made of the field.",
            learn="both",
            show=("none", "both"),
        ),
        Step(
            title="An honest comparison",
            told="A wavelet can use context as well: take the climatology off the field, and "
            "compress what is left, the anomaly.",
            watch="Read the table: with context the network is ahead of SPERR on the field, but "
            "not of SPERR on the anomaly. For the fewest bytes choose the preset latent under "
            "Architecture, which keeps wavelets and context together.",
            show=("none", "both"),
            sperr=("both",),
        ),
    ),
)
