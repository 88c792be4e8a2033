"""What analyses of climate ask, in words: errors against natural variability."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.fields import Field, Grid
from cainr_core.evaluate.checks import QUESTIONS, Check, Question, with_units
from cainr_core.evaluate.climate import PERCENTILES, Cells, Series
from cainr_core.evaluate.record import LEAST_TIMES_OF_LAG, TREND_YEARS, Record


def of_series(original: Field, record: Record, series: Series) -> list[Check]:
    """Global and zonal means and percentiles."""
    asked = {
        "global_mean": (series.mean.original, series.mean.error, _mean_words(original.grid)),
        **{
            f"percentile_{rank}": (
                series.percentiles.original[:, place],
                series.percentiles.error[:, place],
                f"{QUESTIONS[f'percentile_{rank}'].title} of each map",
            )
            for place, rank in enumerate(PERCENTILES)
        },
    }
    if not record.varies:
        reason = f"How much it varies by itself cannot be told from {_times(record)}."
        names = [*asked, "zonal_means", "zonal_worst"]
        return [QUESTIONS[name].not_asked(reason) for name in names]
    checks = _of_zones(original, record, series)
    for name, (values, error, subject) in asked.items():
        checks.append(
            _against(
                QUESTIONS[name],
                float(np.sqrt(np.mean(error**2))),
                float(record.natural(values)),
                original.units,
                f"The {subject} is off by {{error}} (root mean square over {_times(record)}), "
                f"{{part}} the {{natural}} by which it varies once {record.removed} removed.",
            )
        )
    return checks


def _of_zones(original: Field, record: Record, series: Series) -> list[Check]:
    """All latitudes together, of which those that vary most count most, and the worst one."""
    every, worst, bands = QUESTIONS["zonal_means"], QUESTIONS["zonal_worst"], series.bands
    whole = np.isfinite(series.zonal.original).all(axis=0)
    if not whole.any():
        return [one.not_asked("No latitude has values at every time.") for one in (every, worst)]
    error = np.sqrt((series.zonal.error[:, whole] ** 2).mean(axis=0))
    natural = record.natural(series.zonal.original[:, whole])
    ratio = np.divide(error, natural, out=np.zeros_like(error), where=natural > 0)
    where = int(np.argmax(ratio))
    lat = float(bands.lat[whole][where])
    return [
        _against(
            every,
            _rms(error, bands.share[whole]),
            _rms(natural, bands.share[whole]),
            original.units,
            "Zonal means are off by {error} (root mean square over latitudes and times), {part} "
            f"the {{natural}} by which they vary once {record.removed} removed.",
        ),
        _against(
            worst,
            float(error[where]),
            float(natural[where]),
            original.units,
            f"The zonal mean at {abs(lat):.3g}° {'N' if lat >= 0 else 'S'}, the worst latitude, is "
            "off by {error} (root mean square over times), {part} the {natural} by which it "
            f"varies once {record.removed} removed.",
        ),
    ]


def of_cells(original: Field, record: Record, cells: Cells) -> list[Check]:
    """Seasonal cycles, trends and lag-1 autocorrelations."""
    questions = [QUESTIONS[name] for name in ("seasonal_cycle", "trends", "lag_1")]
    if not cells.area.size:
        return [one.not_asked("No cell has values at every time.") for one in questions]
    return [
        _of_season(original, record, cells),
        _of_trends(original, record, cells),
        _of_lag(record, cells),
    ]


def _of_season(original: Field, record: Record, cells: Cells) -> Check:
    question = QUESTIONS["seasonal_cycle"]
    if not (record.season and record.varies):
        return question.not_asked(
            f"The seasons of a year, which make a cycle, are not covered by {_times(record)}."
        )
    covariance = record.covariance[record.season_terms, record.season_terms]
    season = record.design[:, record.season_terms]
    uncertain = np.sqrt(np.einsum("ti,ij,tj->t", season, covariance, season).mean())
    return _against(
        question,
        _rms(cells.season_error, cells.area),
        float(uncertain) * _rms(cells.natural, cells.area),
        original.units,
        "The seasonal cycle of a cell (two harmonics of the year) is off by {error}, {part} the "
        f"{{natural}} by which {_times(record)} leave it uncertain; the cycle itself is {{whole}} "
        "(root mean squares over cells and the year).",
        whole=with_units(_rms(cells.season, cells.area), original.units),
    )


def _of_trends(original: Field, record: Record, cells: Cells) -> Check:
    question = QUESTIONS["trends"]
    if not record.shows_trends:
        return question.not_asked(
            f"A trend needs {TREND_YEARS:.0f} years or more; these {_times(record)} "
            f"span {_span(record)}."
        )
    decade = f"{original.units} a decade" if original.units else "a decade"
    return _against(
        question,
        10 * _rms(cells.trend.error, cells.area),
        10 * float(np.sqrt(record.covariance[1, 1])) * _rms(cells.natural, cells.area),
        decade,
        "The trend of a cell is off by {error}, {part} the {natural} of its standard error "
        "(root mean squares over cells).",
    )


def _of_lag(record: Record, cells: Cells) -> Check:
    question = QUESTIONS["lag_1"]
    if not record.shows_lag:
        return question.not_asked(
            f"The correlation of one time with the next needs {LEAST_TIMES_OF_LAG} evenly spaced "
            f"times or more; here are {_times(record)}."
        )
    varies = cells.natural > 0
    if not varies.any():
        return question.not_asked("No cell varies beyond season and drift.")
    area = cells.area[varies]
    drift = float(np.average(cells.lag.error[varies], weights=area))
    mean = float(np.average(cells.lag.original[varies], weights=area))
    return _against(
        question,
        _rms(cells.lag.error[varies], area),
        1 / float(np.sqrt(len(record))),
        "",
        "The correlation of a cell with itself one time on, season and drift removed, is off by "
        "{error} (root mean square over cells), {part} the {natural} of its standard error; its "
        f"mean is {mean:.3f} and becomes {mean + drift:.3f}.",
    )


def _against(
    question: Question, error: float, natural: float, units: str, words: str, **figures: str
) -> Check:
    """The error in units of natural variability; words name {error}, {natural} and {part}."""
    if natural == 0:
        return question.not_asked("The original does not vary beyond season and drift.")
    sentence = words.format(
        error=with_units(error, units),
        natural=with_units(natural, units),
        part=_part(error / natural),
        **figures,
    )
    return question.answer(error / natural, sentence)


def _rms(values: NDArray, weights: NDArray) -> float:
    return float(np.sqrt(np.average(values**2, weights=weights)))


# --- words -------------------------------------------------------------------------------------


def _part(share: float) -> str:
    if share < 0.995:
        return f"{100 * share:.2g} % of"
    return f"{share:.1f} times" if share < 9.95 else f"{share:.0f} times"


def _times(record: Record) -> str:
    return f"{len(record):,} times" if len(record) > 1 else "one time"


def _span(record: Record) -> str:
    years = record.length
    return f"{years:.1f} years" if years >= 1 else f"{365 * years:.0f} days"


def _mean_words(grid: Grid) -> str:
    """A grid is global that reaches both polar regions and leaves no gap round the globe."""
    lon = np.sort(np.mod(grid.lon, 360))
    gap = np.diff(lon, append=lon[0] + 360).max()
    return "global mean" if np.ptp(grid.lat) > 150 and gap < 30 else "mean of the region"
