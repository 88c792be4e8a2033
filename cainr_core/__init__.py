"""Compress Earth-system-model fields with context-aware implicit neural representations.

    import cainr_core

    field = cainr_core.open_sample()
    result = cainr_core.compress(field, contexts=["topography", "climatology"])
    result.save("field.cainr")
    again = cainr_core.open("field.cainr").values()

What is named here is imported when it is first used, so that `import cainr_core` is quick.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cainr_core.choices import Choices, DataChoice, Target
    from cainr_core.codec.reconstruction import Reconstruction
    from cainr_core.codec.reconstruction import read as open
    from cainr_core.compression import Compression, compress, open_data
    from cainr_core.data.contexts import Context, ContextChoice, load_context
    from cainr_core.data.fields import Field
    from cainr_core.data.sources import open_field, open_sample
    from cainr_core.errors import CainrError
    from cainr_core.evaluate.analysis import analyse
    from cainr_core.evaluate.checks import Check
    from cainr_core.evaluate.metrics import Metrics, measure
    from cainr_core.fit.recipe import Recipe
    from cainr_core.model.architecture import Architecture
    from cainr_core.planning import Plan, plan

# Threads that spin while they wait for each other slow a fit several times beside one busy process,
# a browser, say; threads that sleep at once cost a third on a calm machine: they spin for a
# microsecond or so. It must be said before torch is loaded; processes that this one starts inherit
# it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

__version__ = "0.1.0"

_HOMES = {
    "Architecture": "model.architecture",
    "CainrError": "errors",
    "Check": "evaluate.checks",
    "Choices": "choices",
    "Compression": "compression",
    "Context": "data.contexts",
    "ContextChoice": "data.contexts",
    "DataChoice": "choices",
    "Field": "data.fields",
    "Metrics": "evaluate.metrics",
    "Plan": "planning",
    "Recipe": "fit.recipe",
    "Reconstruction": "codec.reconstruction",
    "Target": "choices",
    "analyse": "evaluate.analysis",
    "compress": "compression",
    "load_context": "data.contexts",
    "measure": "evaluate.metrics",
    "open": "codec.reconstruction",
    "open_data": "compression",
    "open_field": "data.sources",
    "open_sample": "data.sources",
    "plan": "planning",
}
__all__ = [
    "Architecture",
    "CainrError",
    "Check",
    "Choices",
    "Compression",
    "Context",
    "ContextChoice",
    "DataChoice",
    "Field",
    "Metrics",
    "Plan",
    "Recipe",
    "Reconstruction",
    "Target",
    "analyse",
    "compress",
    "load_context",
    "measure",
    "open",
    "open_data",
    "open_field",
    "open_sample",
    "plan",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cainr_core' has no attribute '{name}'")
    home = import_module(f"cainr_core.{_HOMES[name]}")
    return getattr(home, "read" if name == "open" else name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
