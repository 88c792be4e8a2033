"""The choice of how a network is overfitted."""

from __future__ import annotations

import math

import param

from cainr_core.model.architecture import Architecture

REFERENCE_DEPTH, REFERENCE_WIDTH = 5, 48  # where a learning rate is meant as it stands
REFERENCE_OMEGA = 30.0
LATENT_FACTOR = 3.0  # a small correction behind latents bears a higher rate
MOST_REVISIONS = 32  # of latents, each for a network that has learned beside the last ones
REVISED_EVERY = 500  # steps, so that a short fit is not kept waiting


class Recipe(param.Parameterized):
    """How long, how fast and on which points a network learns."""

    steps = param.Integer(
        default=4000, bounds=(1, 1_000_000), label="Steps", doc="Number of steps of Adam."
    )
    batch = param.Integer(
        default=4096,
        bounds=(0, 1 << 26),
        label="Batch",
        doc="Points drawn for each step; 0 takes every point in every step.",
    )
    learning_rate = param.Number(
        default=2e-3,
        bounds=(1e-7, 1.0),
        label="Learning rate",
        doc="Highest step size of Adam.",
    )
    rate_follows_size = param.Boolean(
        default=True,
        label="Rate follows size",
        doc="Lower the learning rate of networks larger than depth 5, width 48 or of higher omega "
        "in proportion, so that deep ones learn stably too.",
    )
    schedule: param.Selector[str] = param.Selector(
        default="cosine",
        objects=["cosine", "halving", "constant"],
        label="Schedule",
        doc="cosine: warm-up, then falling to zero; halving: halved every so many steps with a "
        "return to the best weights so far, as in the paper; constant: warm-up only.",
    )
    warmup = param.Number(
        default=0.03,
        bounds=(0.0, 0.5),
        label="Warm-up",
        doc="Part of the steps in which the learning rate rises to its highest (cosine, constant).",
    )
    halve_every = param.Integer(
        default=1000,
        bounds=(1, 1_000_000),
        label="Halve every",
        doc="Steps between two halvings of the learning rate (halving).",
    )
    sampling: param.Selector[str] = param.Selector(
        default="uniform",
        objects=["uniform", "area"],
        label="Sampling",
        doc="uniform: every cell is as likely, which serves PSNR; area: a cell is drawn in "
        "proportion to its area, so that the poles count no more than they are large.",
    )
    scaling: param.Selector[str] = param.Selector(
        default="standard",
        objects=["standard", "unit"],
        label="Scaling",
        doc="How the field's values are scaled: to mean 0 and deviation 1, or to [0, 1].",
    )
    rounding_tail = param.Number(
        default=0.15,
        bounds=(0.0, 0.5),
        label="Rounding tail",
        doc="Steps added at the end, as a part of the steps, in which the network learns with its "
        "weights rounded as the file will hold them.",
    )
    precision: param.Selector[str] = param.Selector(
        default="fused",
        objects=["fused", "tf32", "bf16", "float32"],
        label="Precision",
        doc="Arithmetic of the products on CUDA; the weights themselves are float32 always. fused: "
        "factors of 16 bits in kernels of whole networks, tf32 for networks that these lack.",
    )
    seed = param.Integer(
        default=0,
        bounds=(0, 2**31 - 1),
        label="Seed",
        doc="Same seed, same device, same result; of fused kernels to rounding, for their sums are "
        "taken in no fixed order.",
    )

    @classmethod
    def preset(cls, name: str) -> Recipe:
        """The recipe of that name in `RECIPES`."""
        return cls(**RECIPES[name])

    def choices(self) -> dict[str, object]:
        """Every choice by name."""
        return {key: value for key, value in self.param.values().items() if key != "name"}

    @property
    def tail_steps(self) -> int:
        """Number of steps with rounded weights."""
        return round(self.steps * self.rounding_tail)

    @property
    def total_steps(self) -> int:
        """Number of steps, those with rounded weights among them."""
        return self.steps + self.tail_steps

    @property
    def revisions(self) -> int:
        """How often latents are chosen anew for the network behind them, before it learns these
        steps."""
        return min(MOST_REVISIONS, self.steps // REVISED_EVERY)

    def before_revision(self) -> Recipe:
        """How the network learns for a revision: shortly."""
        short = {"steps": max(1, min(self.steps // 8, 2000)), "rounding_tail": 0.0}
        return Recipe(**{**self.choices(), **short})

    def rate_factor(self, architecture: Architecture) -> float:
        """What the learning rate is multiplied by for this network.

        A step of Adam turns the phases of a sine layer by about omega x rate x width, and the
        change grows from layer to layer: the product, not the rate, must stay within bounds. The
        power of the depth leaves networks of depth 14 a margin of 2, as those of depth 5 have it.
        """
        if not self.rate_follows_size:
            return 1.0
        if architecture.has_latents:
            return LATENT_FACTOR
        size = (architecture.depth / REFERENCE_DEPTH) ** 1.5 * architecture.width / REFERENCE_WIDTH
        if "omega" in architecture.used():
            size *= architecture.omega / REFERENCE_OMEGA
        return min(1.0, 1 / size)

    def rate(self, step: int) -> float:
        """Learning rate of a step from 0 to `steps` - 1."""
        if self.schedule == "halving":
            return self.learning_rate * 0.5 ** (step // self.halve_every)
        rising = max(1, round(self.steps * self.warmup))
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        if self.schedule == "constant":
            return self.learning_rate
        done = (step - rising) / max(1, self.steps - rising)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


RECIPES: dict[str, dict[str, object]] = {
    "default": {},
    "quick": {"steps": 1000},
    "thorough": {"steps": 30000, "batch": 16384},
    "broad": {"steps": 16000, "batch": 32768},  # which a GPU takes as fast
    "paper": {
        "steps": 30000,
        "batch": 0,
        "learning_rate": 1e-3,
        "rate_follows_size": False,
        "schedule": "halving",
        "scaling": "unit",
        "rounding_tail": 0.0,
        "precision": "float32",
    },
}
