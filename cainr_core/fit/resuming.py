"""A fit's state into a checkpoint, and back into a fit."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import torch

from cainr_core.fit.checkpoint import Checkpoint, fingerprint
from cainr_core.fit.learner import Learner, Memory
from cainr_core.fit.progress import Progress

LAYOUT = "one row of weights"  # of what a checkpoint keeps: an older one is another fit's


def save(fit: Learner, path: Path, step: Memory, done: int, rate_scale: float) -> None:
    """Write what a fit has come to after `done` steps."""
    assert fit.best is not None
    Checkpoint(
        fingerprint_of(fit),
        done,
        fit.seconds,
        rate_scale,
        fit.best_error,
        [fit.flat.cpu().numpy()],
        [fit.best.cpu().numpy()],
        step.memory(),
        (fit.batch, fit.pass_size, fit.lost),
        fit.sampler.generator.get_state().numpy(),
        np.array([astuple(progress)[:-1] for progress in fit.curve]).reshape(-1, 7),
    ).save(path)


def resume(fit: Learner, path: Path, step: Memory) -> tuple[int, float]:
    """Take up a checkpoint: the next step, and the part of the learning rate in force."""
    state = Checkpoint.load(path, fingerprint_of(fit))
    fit.flat.copy_(torch.from_numpy(state.weights[0]))
    fit.best = torch.from_numpy(state.best[0]).to(fit.device)
    fit.best_error, fit.seconds = state.best_error, state.seconds
    fit.seconds_before = state.seconds
    fit.batch, fit.pass_size, fit.lost = state.counts
    if state.memory:
        step.restore(state.memory)
    generator = torch.from_numpy(state.generator)
    if len(generator) == len(fit.sampler.generator.get_state()):
        fit.sampler.generator.set_state(generator)
    else:  # of another kind of device, which draws other points
        fit.sampler.generator.manual_seed(fit.recipe.seed + state.step)
    fit.curve = [
        Progress(int(step_), int(steps), *rest) for step_, steps, *rest in state.curve.tolist()
    ]
    return state.step, state.rate_scale


def fingerprint_of(fit: Learner) -> str:
    """What tells a fit from others, whose checkpoints it can't take up."""
    return fingerprint(
        LAYOUT,
        fit.architecture.choices(),
        fit.recipe.choices(),
        [context.digest for context in fit.contexts],
        fit.field.values,
        *fit.field.grid.points(),
        fit.field.time.days,
        *(tensor.numpy() for tensor in fit.first),
    )
