"""The first lesson: what an implicit neural representation is."""

from __future__ import annotations

from app.lessons.lesson import CURVES, MAPS, TIME, Lesson, Network, Step

LESSON = Lesson(
    title="What an INR is",
    told="A small network learns a field by heart, and its weights are the file.",
    networks={"plain": Network(5, 48)},
    steps=(
        Step(
            title="A field is a table of numbers",
            told="These are 30 days of surface temperature from a climate model: 30 × 192 × 288 "
            "values, 6.6 MB.",
            watch="Play the time. Neighbouring days and neighbouring places resemble each other; "
            "whatever resembles something else need not be stored twice.",
            see=(TIME, MAPS),
        ),
        Step(
            title="A function in place of the table",
            told="An implicit neural representation is a network that is given a place and a time "
            "and answers with the temperature there. It has 9,701 weights for 1.7 million values.",
            watch="The broad pattern from equator to poles comes first, then continents "
            "and weather; PSNR rises quickly and then slowly.",
            learn="plain",
            show=("plain",),
            see=(MAPS, CURVES),
        ),
        Step(
            title="Its weights are the file",
            told="Rounded and entropy coded, the weights take about 7 kB, more than 900 times "
            "less than the field. The last steps are learned with rounded weights: PSNR dips where "
            "they begin. The maps show what is decoded from that file.",
            watch="Where is the error large? Mountains, coasts, the edge of the ice and weather "
            "systems have detail that so few weights do not hold. Look at other days, too.",
            show=("plain",),
            see=(MAPS, TIME),
        ),
    ),
)
