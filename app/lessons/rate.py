"""The fifth lesson: rate and distortion."""

from __future__ import annotations

from app.lessons.context import BOTH
from app.lessons.lesson import MAPS, TABLE, TRADE_OFF, Lesson, Network, Step

LESSON = Lesson(
    title="Rate and distortion",
    told="What a smaller error costs in bytes.",
    networks={
        "12": Network(4, 12, BOTH),
        "24": Network(4, 24, BOTH),
        "48": Network(4, 48, BOTH),
    },
    steps=(
        Step(
            title="Few bytes",
            told="Rate is the size of the file, distortion the error of what is decoded from it. A "
            "lossy codec trades one for the other; no number alone says how good it is.",
            watch="PSNR, RMSE and bytes of the run stand beside Fit again; the table of runs has "
            "its ratio, too.",
            learn="12",
            show=("12",),
            see=(MAPS, TABLE),
        ),
        Step(
            title="Twice as wide",
            told="The same contexts and recipe with 24 units in a layer.",
            watch="Read the figures of A and B beside Fit again: how many bytes more, how many dB?",
            learn="24",
            show=("12", "24"),
            see=(MAPS, TABLE),
        ),
        Step(
            title="Twice as wide again",
            told="48 units. Each doubling costs more bytes than the one before.",
            watch="The first kilobyte buys far more than the last: the curve of PSNR "
            "over bytes bends, and where to stop is for whoever uses the field to say.",
            learn="48",
            show=("24", "48"),
        ),
        Step(
            title="The curve",
            told="Ticked together, the three runs are points on one curve: PSNR over compression "
            "ratio. A codec is better than another when its curve lies above, at the ratios that "
            "one needs.",
            watch="C, B and A in the trade-off under Look closer: to the right files get smaller, "
            "and PSNR falls from each to the next. The heavy line runs along the best of all runs "
            "of the library.",
            show=("12", "24", "48"),
            view={"tab": TRADE_OFF},
            see=(TRADE_OFF, TABLE),
        ),
    ),
)
