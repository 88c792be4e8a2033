"""The third lesson: why context helps, and where."""

from __future__ import annotations

from app.lessons.lesson import CURVES, GAIN, MAPS, Lesson, Network, Step

BOTH = ("topography", "climatology")
LESSON = Lesson(
    title="Why context helps, and where",
    told="A network that is told the height of the ground and the usual temperature.",
    networks={"none": Network(4, 24), "both": Network(4, 24, BOTH)},
    steps=(
        Step(
            title="Place and time alone",
            told="This network is given nothing but place and time, and has to spend its weights "
            "on mountains and coastlines.",
            watch="The error is largest over mountains, along coasts and at the edge of "
            "the sea ice.",
            learn="none",
            show=("none",),
        ),
        Step(
            title="The same network with context",
            told="At every point it is now also given two variables that anyone has at hand: "
            "topography and the climatological temperature. The file only names them, so it is "
            "hardly larger.",
            watch="About 3 dB are gained at once and kept to the end; compare the two "
            "curves at their beginnings.",
            learn="both",
            show=("none", "both"),
            see=(MAPS, CURVES),
        ),
        Step(
            title="Where it helps",
            told="Temperature falls with height, jumps at a coast and at the ice; the contexts say "
            "where that is. What they do not know is the weather of the day.",
            watch="In the map of the gain, look at the Himalaya, the Andes and the coasts. The "
            "RMSE falls from about 8 to 5 K in mountains above 1,500 m (Antarctica left out), from "
            "5.5 to 3.5 K at the ice edge, from 5 to 4 K at coasts, and from 2 to 1 K on the open "
            "sea. On the sea ice, where the weather changes most, nothing is gained.",
            show=("none", "both"),
            view={"centre": 90},
            see=(GAIN,),
        ),
    ),
)
