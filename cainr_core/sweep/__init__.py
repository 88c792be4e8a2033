"""Sweeps: a field fitted by many networks, each kept as a run, and what they show together."""

from __future__ import annotations

from cainr_core.sweep.grid import SWEEPS, Sweep
from cainr_core.sweep.running import Fit, sweep

__all__ = ["SWEEPS", "Fit", "Sweep", "sweep"]
