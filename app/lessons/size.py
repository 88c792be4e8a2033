"""The second lesson: what depth, width and omega do."""

from __future__ import annotations

from app.lessons.lesson import GAIN, MAPS, Lesson, Network, Step

LESSON = Lesson(
    title="Depth, width and omega",
    told="How many layers, how many units in each, and how fine a detail they begin with.",
    networks={
        "small": Network(2, 16),
        "wide": Network(2, 48),
        "deep": Network(6, 16),
        "slow": Network(2, 48, omega=5.0),
    },
    steps=(
        Step(
            title="A very small network",
            told="Two layers of 16 units: 373 weights, a file of about 600 bytes.",
            watch="It ends near 25 dB: zones and continents, hardly any weather.",
            learn="small",
            show=("small",),
        ),
        Step(
            title="Three times as wide",
            told="The weights between two layers grow with the square of the width: 48 units make "
            "seven times as many weights, and about three times the bytes.",
            watch="PSNR rises by 3 to 4 dB. The map of the gain is green where the wide "
            "network (B) is closer than the small one (A).",
            learn="wide",
            show=("small", "wide"),
            see=(MAPS, GAIN),
        ),
        Step(
            title="Three times as deep instead",
            told="Six layers of 16 units. Depth costs weights in proportion only, and lets each "
            "layer combine what the one before has found.",
            watch="About 2 dB more than two layers, at twice their bytes. Depth and "
            "width are two ways to spend bytes, and each helps less the more there is of it.",
            learn="deep",
            show=("small", "deep"),
        ),
        Step(
            title="A lower omega",
            told="Omega multiplies what goes into each sine: it sets how fast the network can "
            "oscillate from place to place. Here it is 5 in place of 30, at the same width "
            "and depth.",
            watch="About 3 dB are lost, and the reconstruction (B) is smooth: purple "
            "in the map of the gain where mountains, coasts and weather are missing.",
            learn="slow",
            show=("wide", "slow"),
            see=(MAPS, GAIN),
        ),
    ),
)
