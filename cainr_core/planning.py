"""What a choice will cost, known before any fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cainr_core.choices import Target
from cainr_core.codec.codec import Parts
from cainr_core.codec.entropy import MODEL_BYTES
from cainr_core.data.contexts import Context, bytes_besides
from cainr_core.data.fields import Field
from cainr_core.errors import CainrError
from cainr_core.model.architecture import Architecture
from cainr_core.model.coordinates import Frame

NETWORK_BITS = 7.5  # of a weight behind latents, kept free while these are chosen
ROUGH_BITS = 5.0  # of one that learns too few steps for latents to be revised
NETWORK_SHARE = 0.04  # of a number of bytes, that the network behind latents takes
MOST_WIDTH = 32  # of it: wider ones learn longer and hardly better
TAIL_ROOM = 0.985  # part of a byte budget used before the tail, in which entropy still moves
EXPECTED_BITS = 5.8  # of a weight in the file, as fits of the sample come out
LATENT_STEP, LATENT_RATE, LATENT_POWER = 0.3, 0.011, 1.3  # bytes a value at a step, as measured
LEAST_LATENTS = 150  # bytes: their entropy model, and a few that are not zero
LEAST_CONTEXT = 40  # bytes of what the entropy model and the prior hold of a context
FEWEST_BITS = 3.0  # of a weight, below which a network remembers next to nothing
SLACK = 32  # bytes that numbers which only a fit gives may take more than their places held


@dataclass(frozen=True)
class Plan:
    """What a choice will cost, known before any fit.

    `weights`: number of weights. `file_bytes`, `compression_ratio`, `bits_per_value`: expected,
    from a typical number of bits for a weight. `overhead_bytes`: of them, coordinates, names and
    embedded contexts. `context_bytes`: what a reader must have besides.
    """

    architecture: Architecture
    weights: int
    file_bytes: int
    overhead_bytes: int
    compression_ratio: float
    bits_per_value: float
    context_bytes: int


def plan(
    field: Field,
    contexts: Sequence[Context],
    architecture: Architecture,
    target: Target | None = None,
) -> Plan:
    """What a fit will cost, and, under a target, the width that it allows.

    CainrError where even the smallest network misses the target.
    """
    parts = Parts.of(field, contexts, architecture)
    n_inputs = _n_inputs(field, contexts, architecture)
    fixed = parts.overhead()
    overhead = fixed + models_bytes(architecture)
    limit = (target or Target()).file_bytes(field.original_bytes)
    if limit is not None and not architecture.has_latents:
        room = limit - overhead - SLACK
        architecture = architecture.with_width_for(room * 8 / EXPECTED_BITS, n_inputs)
    elif limit is not None:
        affordable = limit * NETWORK_SHARE * 8 / NETWORK_BITS
        architecture = architecture.with_width_for(affordable, n_inputs, MOST_WIDTH)
    weights = architecture.n_weights(n_inputs)
    if architecture.has_latents:
        least = overhead + int(weights * NETWORK_BITS / 8)
        least += LEAST_LATENTS + LEAST_CONTEXT * len(contexts)
        rate = LATENT_RATE * (LATENT_STEP / architecture.step) ** LATENT_POWER
        expected = limit or least + int(field.values.size * rate)
    else:
        least = overhead + int(weights * FEWEST_BITS / 8) + SLACK
        expected = overhead + int(weights * EXPECTED_BITS / 8)
    if limit is not None:
        if least > limit:
            raise CainrError(
                f"A file of {limit:,} bytes is too small for these choices: the smallest that "
                f"works takes about {least:,} bytes (ratio {field.original_bytes / least:.0f}), of "
                f"which coordinates, names and embedded contexts take {fixed:,}."
            )
        expected = min(expected, limit)
    return Plan(
        architecture=architecture,
        weights=weights,
        file_bytes=expected,
        overhead_bytes=fixed,
        compression_ratio=field.original_bytes / expected,
        bits_per_value=8 * expected / field.values.size,
        context_bytes=sum(bytes_besides(contexts)),
    )


def models_bytes(architecture: Architecture) -> int:
    """Bytes of what is said of each tensor besides its weights."""
    return MODEL_BYTES * 2 * (architecture.depth + 1)


def _n_inputs(field: Field, contexts: Sequence[Context], architecture: Architecture) -> int:
    ranges = ((0.0, 1.0),) * len(contexts)
    return Frame(architecture.coordinates, field.grid, field.time, ranges).n_inputs
