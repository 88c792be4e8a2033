"""The choice of a network, and what follows from it without building one."""

from __future__ import annotations

import param

NETWORKS = {
    "siren": "SIREN: sine layers (Sitzmann et al. 2020), the network of the CA-INR paper",
    "finer": "FINER: sines whose frequency grows with their argument (Liu et al. 2024)",
    "wire": "WIRE: real Gabor wavelets (Saragadam et al. 2023)",
    "gaussian": "Gaussian bumps (Ramasinghe and Lucey 2022)",
    "relu": "ReLU layers behind random Fourier features (Tancik et al. 2020)",
    "gelu": "GELU layers behind random Fourier features (Tancik et al. 2020)",
    "latent": "latent grids, entropy coded as their surroundings tell, behind a small GELU network",
}
FOURIER_NETWORKS = ("relu", "gelu")
LATENT_INPUTS = 10  # what latent grids say at a point: `Latents.at`
COORDINATES = {
    "sphere": "place on the unit sphere (x, y, z), time, and the season where a field spans one",
    "indices": "array indices of latitude, longitude and time scaled to [-1, 1], as in the paper",
}


class Architecture(param.Parameterized):
    """A small network from position, time and contexts to the value of the field.

    `depth` hidden layers of `width` units and one linear output, as in Mostajeran et al. 2025
    (Scientific Reports, section Methods): a network of depth 10 and width 50 has eleven matrices.
    """

    network: param.Selector[str] = param.Selector(
        default="siren", objects=list(NETWORKS), label="Network", doc="What a layer computes."
    )
    depth = param.Integer(default=5, bounds=(1, 32), label="Depth", doc="Number of hidden layers.")
    width = param.Integer(
        default=48, bounds=(2, 512), label="Width", doc="Units in each hidden layer."
    )
    omega = param.Number(
        default=30.0,
        bounds=(0.1, 200.0),
        label="Omega",
        doc="Frequency of sine and Gabor layers: higher draws finer detail and learns less stably.",
    )
    spread = param.Number(
        default=10.0,
        bounds=(0.1, 100.0),
        label="Spread",
        doc="Sharpness of Gabor and Gaussian layers: higher makes narrower bumps.",
    )
    features = param.Integer(
        default=64,
        bounds=(1, 512),
        label="Fourier features",
        doc="Number of random frequencies in front of a ReLU or GELU network.",
    )
    bandwidth = param.Number(
        default=3.0,
        bounds=(0.01, 100.0),
        label="Bandwidth",
        doc="Standard deviation of the random frequencies, in radians per unit of an input.",
    )
    step = param.Number(
        default=0.3,
        bounds=(1e-4, 100.0),
        label="Latent step",
        doc="What latents are rounded to, in standard deviations of the field: lower keeps finer "
        "detail and takes more bytes.",
    )
    coordinates: param.Selector[str] = param.Selector(
        default="sphere",
        objects=list(COORDINATES),
        label="Coordinates",
        doc="How place and time are given to the network.",
    )
    skip = param.Boolean(
        default=True,
        label="Linear path",
        doc="Let the inputs reach the output directly as well, so that a context that resembles "
        "the field is used from the first step on.",
    )

    def __init__(self, **choices: object) -> None:
        super().__init__(**choices)

    @classmethod
    def preset(cls, name: str) -> Architecture:
        """The architecture of that name in `PRESETS`."""
        return cls(**PRESETS[name])

    @property
    def has_latents(self) -> bool:
        """Whether latent grids stand before the network."""
        return self.network == "latent"

    @property
    def has_skip(self) -> bool:
        """Whether the inputs reach the output directly as well; latents always do."""
        return self.skip or self.has_latents

    def layer_shapes(self, n_inputs: int) -> list[tuple[int, int]]:
        """(units, inputs) of each matrix, in order, for a network that is given `n_inputs` numbers
        for place, time and contexts."""
        n_inputs += LATENT_INPUTS if self.has_latents else 0
        first = 2 * self.features + n_inputs if self.network in FOURIER_NETWORKS else n_inputs
        shapes = [(self.width, first)]
        shapes += [(self.width, self.width)] * (self.depth - 1)
        return [*shapes, (1, self.width + (n_inputs if self.has_skip else 0))]

    def n_weights(self, n_inputs: int) -> int:
        """Number of weights and biases."""
        return sum(units * (inputs + 1) for units, inputs in self.layer_shapes(n_inputs))

    def with_width_for(
        self, weights: float, n_inputs: int, most: int | None = None
    ) -> Architecture:
        """The same architecture, as wide as at most `weights` weights allow (2 at least), and not
        wider than `most`."""
        low, high = self.param.width.bounds
        high = min(high, most or high)
        while low < high:
            middle = (low + high + 1) // 2
            if self.clone(width=middle).n_weights(n_inputs) <= weights:
                low = middle
            else:
                high = middle - 1
        return self.clone(width=low)

    def clone(self, **changes: object) -> Architecture:
        """A copy with some choices changed."""
        return Architecture(**{**self.choices(), **changes})

    def choices(self) -> dict[str, object]:
        """Every choice by name."""
        return {key: value for key, value in self.param.values().items() if key != "name"}

    def used(self) -> list[str]:
        """Names of the choices that this kind of network looks at."""
        unused = set()
        if self.network not in ("siren", "finer", "wire"):
            unused.add("omega")
        if self.network not in ("wire", "gaussian"):
            unused.add("spread")
        if self.network not in FOURIER_NETWORKS:
            unused |= {"features", "bandwidth"}
        unused.add("skip" if self.has_latents else "step")
        return [name for name in self.choices() if name not in unused]


PRESETS: dict[str, dict[str, object]] = {
    "default": {},
    "deep": {"depth": 10, "width": 50},
    "latent": {"network": "latent", "depth": 2, "width": 16},
    "paper": {"depth": 10, "width": 50, "coordinates": "indices", "skip": False},
}
