"""What was asked for lately stays; what was not makes way."""

from __future__ import annotations

from app.recent import Recent


def test_the_longest_unasked_makes_way():
    kept = Recent(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_sizes_count_and_the_newest_stays_whatever_its_size():
    kept = Recent(10, len)
    kept.put("a", "12345")
    kept.put("b", "12345")
    assert kept.get("a") == "12345"
    kept.put("c", "a very long text")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (None, None, "a very long text")
