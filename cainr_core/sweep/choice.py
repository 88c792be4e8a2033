"""What a person chooses for a sweep besides what every fit takes."""

from __future__ import annotations

import param


class SweepChoice(param.Parameterized):
    """Sizes of the networks and how long each learns; the sets of contexts are chosen beside."""

    depth = param.String(
        default="3,5", label="Depths", doc="Numbers of hidden layers, as 5:14, 5:70:5 or 5,10,20."
    )
    width = param.String(
        default="16:48:16", label="Widths", doc="Units in a layer, as 5:14, 5:70:5 or 5,10,20."
    )
    resolution = param.String(
        default="",
        label="Coarsened",
        doc="Give each context alone and coarsened to these degrees, too, to the largest network, "
        "as 1,2,4; empty for none.",
    )
    seconds = param.Number(
        default=0.0,
        bounds=(0.0, None),
        label="Seconds a fit",
        doc="About how long each network learns, in place of the steps; 0 for the steps.",
    )
