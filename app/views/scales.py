"""The colour scales of the moment: their limits by the rule that is chosen, and their palettes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.viewing import Viewing
from app.views.colours import Scale, sequential, symmetric
from app.views.palettes import GAIN, OF_DIFFERENCES, OF_VALUES
from app.views.projections import EVERY, Cells
from cainr_core.data.fields import Field

LOW, HIGH = 0.02, 0.98  # quantiles of the field shown
MOST, MOST_GAINS = 0.99, 0.95  # parts of differences in the scale: most cells gain little


class Scales:
    """Scales by what they are of: "original" (values), "error", and other differences."""

    def __init__(self, viewing: Viewing) -> None:
        self.viewing = viewing
        self.now: dict[str, Scale] = {}  # those of the moment
        self._field: Field | None = None
        self._limits: dict[str, Scale] = {}  # of differences, before they are coloured

    def take_field(self, field: Field) -> None:
        """Forget what was shown, and scale values by all of a field."""
        self._field = field
        self.forget_differences()
        self.of_values(np.array([field.lo, field.hi]))

    def forget_differences(self) -> None:
        """Let what is shown next decide, not what was shown before."""
        self._limits.clear()

    def of_values(self, shown: NDArray[np.floating], seen: Cells = EVERY) -> Scale:
        """The scale of original and reconstruction, where the original shows these values now;
        percentiles are of the cells that are `seen`."""
        view, field = self.viewing, self._field
        low, high = (field.lo, field.hi) if field is not None else (np.nan, np.nan)
        palette = OF_VALUES[view.palette]
        if view.scale == "locked" and view.low is not None and view.high is not None:
            low, high = view.low, view.high
        elif view.scale == "percentile":
            valid = shown[seen]
            valid = valid[np.isfinite(valid)]
            if valid.size:
                low, high = np.quantile(valid, [LOW, HIGH])
        elif view.scale == "symmetric" and np.isfinite(low + high):
            middle = 0.0 if low < 0 < high else float(np.nanmean(shown))
            reach = max(high - middle, middle - low)
            low, high, palette = middle - reach, middle + reach, OF_DIFFERENCES[view.contrast]
        self.now["original"] = sequential(float(low), float(high), palette)
        return self.now["original"]

    def of_differences(
        self, kind: str, shown: Sequence[NDArray[np.floating]], seen: Cells = EVERY
    ) -> Scale:
        """The scale of a kind of differences, around zero, where these are shown now; percentiles
        are of the cells that are `seen`."""
        view, before = self.viewing, self._limits.get(kind)
        if view.scale == "locked" and kind == "error" and view.reach is not None:
            scale = Scale(-view.reach, view.reach, ())
        elif view.scale == "locked" and kind != "error" and before is not None:
            scale = before
        else:
            if view.scale == "percentile":
                shown = [values[seen] for values in shown]
            scale = self._around_zero(kind, np.concatenate(shown or [np.empty(0)]), before)
        if shown:  # else there is nothing yet that limits could suit
            self._limits[kind] = scale
        palette = GAIN if kind == "gain" else OF_DIFFERENCES[view.contrast]
        self.now[kind] = Scale(scale.low, scale.high, tuple(palette))
        return self.now[kind]

    def _around_zero(self, kind: str, shown: NDArray[np.floating], before: Scale | None) -> Scale:
        most = MOST_GAINS if kind == "gain" else MOST
        if self.viewing.scale == "percentile":
            return symmetric(shown, quantile=min(HIGH, most))
        return symmetric(shown, before, quantile=most)

    def lock(self) -> None:
        """Keep the limits of the moment."""
        values, field = self.now.get("original"), self._field
        told = self._reach()
        if values is not None and field is not None:
            # symmetric limits lie beyond the values, of which other colours would leave a half
            low, high = max(values.low, float(field.lo)), min(values.high, float(field.hi))
            step = 10.0 ** (np.floor(np.log10(values.high - values.low)) - 3)
            told |= {
                "low": float(round(np.floor(low / step) * step, 12)),
                "high": float(round(np.ceil(high / step) * step, 12)),
            }
        self.viewing.param.update(**told)

    def lock_errors(self) -> None:
        """Keep those of errors alone, if some are shown."""
        self.viewing.param.update(**self._reach())

    def _reach(self) -> dict[str, float]:
        errors = self._limits.get("error")
        return {} if errors is None else {"reach": errors.high}
