"""The fourth lesson: when a context is too coarse."""

from __future__ import annotations

from app.lessons.lesson import GAIN, MAPS, RMSE_MAPS, Lesson, Network, Step

LESSON = Lesson(
    title="When a context is too coarse",
    told="The same climatology at 0.75, 4 and 30 degrees.",
    networks={
        "fine": Network(4, 24, ("climatology",)),
        "four": Network(4, 24, ("climatology@resolution=4",)),
        "thirty": Network(4, 24, ("climatology@resolution=30",)),
    },
    steps=(
        Step(
            title="A fine context",
            told="The climatology that comes with cainr has a cell every 0.75 degree, finer than "
            "the field itself.",
            watch="It ends near 31 dB; without context the same network stays below 29.",
            learn="fine",
            show=("fine",),
        ),
        Step(
            title="Averaged over 4 degrees",
            told="Its cells are 4 degrees wide now. Broad structure is all there; the steep parts "
            "are blurred.",
            watch="About half a dB is lost. The maps under Look closer, RMSE over time, show "
            "where: from Turkey to Tibet and in the mountains of the Americas B has larger errors "
            "than A, while on the open sea the two are alike.",
            learn="four",
            show=("fine", "four"),
            view={"tab": RMSE_MAPS},
            see=(MAPS, RMSE_MAPS),
        ),
        Step(
            title="Averaged over 30 degrees",
            told="Now it says little more than how warm a zone is, which the network finds by "
            "itself.",
            watch="Most of the gain has gone: it ends near 29 dB. The map of the "
            "gain is purple at mountains, coasts and the ice edge, where the fine context (A) knew "
            "better. A context helps with what is larger than its own cells.",
            learn="thirty",
            show=("fine", "thirty"),
            see=(MAPS, GAIN),
        ),
    ),
)
