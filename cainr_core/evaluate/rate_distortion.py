"""Rate and distortion of a codec on a field, or on its anomaly from a climatology."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cainr_core.data.contexts import Context
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.evaluate.baselines.anomaly import sampled
from cainr_core.evaluate.baselines.codec import Codec, Mode
from cainr_core.evaluate.baselines.search import Search, Trial
from cainr_core.evaluate.metrics import Metrics, measure

FIELD, ANOMALY, NO_CONTEXT = "field", "anomaly", "no context"
WITHIN = 1.25  # times the wanted bytes, either way: beyond, a mode does not reach them
ZSTD_LEVEL = 19


@dataclass(frozen=True)
class Row:
    """One measured point.

    on: "field", "anomaly", or the contexts of a network. wanted: the bytes that were asked for,
        0 where the setting was one of few. setting: with its unit.
    bytes: of the stream, everything in it. context_bytes: what a reader must have besides.
    ratio: original bytes over `bytes`. psnr: dB; rmse, rmse_weighted, max_abs_error: units of the
        field. encode_s, decode_s: seconds at this setting, without the search for it.
    machine: which of the report's machines measured it. psnr_paper: as the paper defines it, dB;
        None in rows of older tables.
    """

    codec: str
    on: str
    mode: str
    setting: str
    wanted: int
    bytes: int
    context_bytes: int
    ratio: float
    psnr: float
    rmse: float
    rmse_weighted: float
    max_abs_error: float
    encode_s: float
    decode_s: float
    machine: int = 0
    psnr_paper: float | None = None

    @classmethod
    def of(
        cls, metrics: Metrics, codec: str, on: str, mode: str, setting: str, wanted: int,
        encode_s: float, decode_s: float,
    ) -> Row:  # fmt: skip
        """A row of what was measured."""
        return cls(
            codec, on, mode, setting, wanted, metrics.file_bytes, metrics.context_bytes,
            metrics.compression_ratio, metrics.psnr, metrics.rmse, metrics.rmse_weighted,
            metrics.max_abs_error, encode_s, decode_s, psnr_paper=metrics.psnr_paper,
        )  # fmt: skip


def on_of(names: Iterable[str]) -> str:
    """What the rows of a network with these contexts are `on`."""
    return " + ".join(names) or NO_CONTEXT


def sets_of(contexts: Sequence[Context], all_but_each: bool = False) -> list[Sequence[Context]]:
    """Sets of contexts to measure with: none, each alone, all, and all but each where that is
    wanted; none twice."""
    sets: list[Sequence[Context]] = [[], *([one] for one in contexts)]
    if len(contexts) > 1:
        sets.append(contexts)
    if all_but_each and len(contexts) > 2:
        sets += [[other for other in contexts if other is not one] for one in contexts]
    return sets


def names_of(contexts: Sequence[Context]) -> dict[str, str]:
    """Digest and name of each context: its title, and its quality where that was chosen.

    CainrError where two go by one name: their rows could not be told apart.
    """
    names = {context.digest: _name(context) for context in contexts}
    if len(set(names.values())) < len(contexts):
        raise CainrError(
            f"Two contexts go by one name ({', '.join(map(_name, contexts))}): measure them in "
            "folders of their own."
        )
    return names


def _name(context: Context) -> str:
    quality = context.choice.spec[len(context.choice.source) + 1 :]
    return f"{context.title} ({quality})" if quality else context.title


@dataclass(frozen=True, eq=False)
class Task:
    """A field as a classical codec gets it.

    base: what is taken off and put back, (time, *grid.shape), in the units of the field; None
        for the field itself. context_bytes: of the file that `base` comes from.
    """

    field: Field
    base: NDArray[np.float32] | None = None
    context_bytes: int = 0

    @property
    def on(self) -> str:
        """What is encoded."""
        return FIELD if self.base is None else ANOMALY

    def values(self) -> NDArray[np.float32]:
        """What is encoded, float32, shape (time, *grid.shape).

        A missing value takes the mean of its cell over time, or of all values where its cell has
        none.
        """
        values = self.field.values if self.base is None else self.field.values - self.base
        missing = self.field.missing
        if missing is None:
            return np.ascontiguousarray(values, np.float32)
        present = (~missing).sum(axis=0)
        total = np.where(missing, 0, values).sum(axis=0, dtype=np.float64)
        means = np.where(present > 0, total / np.maximum(present, 1), total.sum() / present.sum())
        return np.where(missing, means, values).astype(np.float32)

    def mask_bytes(self) -> int:
        """Bytes of the places of missing values, one bit each, Zstandard; once if they stay."""
        missing = self.field.missing
        if missing is None:
            return 0
        from numcodecs import Zstd

        if (missing == missing[0]).all():
            missing = missing[:1]
        return len(Zstd(ZSTD_LEVEL).encode(np.packbits(missing)))

    def measured(self, decoded: NDArray[np.float32], size: int) -> Metrics:
        """How good the field is with what was decoded, at `size` bytes."""
        values = decoded if self.base is None else decoded + self.base
        if self.field.missing is not None:
            values = np.where(self.field.missing, np.float32(np.nan), values)
        return measure(
            self.field.values,
            values,
            self.field.grid.area,
            original_bytes=self.field.original_bytes,
            file_bytes=size,
            context_bytes=self.context_bytes,
            weights=1,  # there are none; the figure that counts them is not kept
        )


def tasks(field: Field, base: Context | None) -> list[Task]:
    """A field and, where there is a context to take off it, its anomaly."""
    if base is None:
        return [Task(field)]
    return [Task(field), Task(field, sampled(base, field), base.nbytes)]


def wanted_by(mode: Mode, sizes: Sequence[int]) -> list[int]:
    """Those of the wanted sizes that a mode is measured at; [0] where it has few settings."""
    return [0] if mode.steps else list(sizes)


def measure_codec(
    task: Task,
    codec: Codec,
    mode: Mode,
    sizes: Sequence[int],
    on_unreached: Callable[[int, str], None],
    until_psnr: float = -np.inf,
) -> Iterator[Row]:
    """Measure one mode of a codec at the wanted sizes, bytes, ascending.

    Sizes that the mode does not reach, or does not take, are told to `on_unreached` with a reason.
    Then twice the largest size, and again, until `until_psnr` dB are reached: a weak codec is
    compared at the qualities of a strong one.
    """
    values, mask = task.values(), task.mask_bytes()
    search = Search(codec, mode, values)

    def row(trial: Trial, wanted: int) -> Row:
        return measure_trial(task, codec, mode, trial, mask, wanted)

    try:
        if mode.steps:
            yield from (row(search.at(setting), 0) for setting in search.mode.steps)
            return
        reached: list[float] = [-np.inf]
        seen: set[float] = set()
        for size in _sizes(sizes, task.field.original_bytes, lambda: max(reached) >= until_psnr):
            trial = search.nearest(max(1, size - mask))
            total = len(trial.data) + mask
            if not size / WITHIN <= total <= size * WITHIN or trial.setting in seen:
                on_unreached(size, f"the nearest size is {total:,} bytes")
                continue
            seen.add(trial.setting)
            measured = row(trial, size)
            reached.append(measured.psnr)
            yield measured
    except CainrError as error:
        on_unreached(0, str(error))


def measure_trial(
    task: Task, codec: Codec, mode: Mode, trial: Trial, mask: int, wanted: int = 0
) -> Row:
    """The row of a trial: decoded, compared, and its bytes counted with those of the mask."""
    started = clock.perf_counter()
    decoded = codec.decode(trial.data, task.field.shape)
    seconds = clock.perf_counter() - started
    metrics = task.measured(decoded, len(trial.data) + mask)
    setting = f"{trial.setting:.6g} {mode.unit or task.field.units}".rstrip()
    return Row.of(metrics, codec.name, task.on, mode.name, setting, wanted, trial.seconds, seconds)


def _sizes(sizes: Sequence[int], most: int, enough: Callable[[], bool]) -> Iterator[int]:
    yield from sizes
    size = 2 * max(sizes, default=most)
    while size < most / 2 and not enough():
        yield size
        size *= 2
