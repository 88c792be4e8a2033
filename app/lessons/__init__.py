"""Lessons: a guided tour in the page itself, each step with fits that take seconds."""

from __future__ import annotations

from app.lessons import coarse, context, inr, rate, size, wavelet

LESSONS = (
    inr.LESSON,
    size.LESSON,
    context.LESSON,
    coarse.LESSON,
    rate.LESSON,
    wavelet.LESSON,
)
