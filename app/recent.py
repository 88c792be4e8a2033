"""What was asked for most recently stays in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class Recent:
    """The values asked for most recently, up to `limit` of `size` together."""

    def __init__(self, limit: float, size: Callable[[Any], float] = lambda _: 1) -> None:
        self._limit, self._size = limit, size
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value; what was asked for longest ago makes room."""
        with self._lock:
            self._kept[key] = value
            while sum(map(self._size, self._kept.values())) > self._limit and len(self._kept) > 1:
                self._kept.popitem(last=False)

    def forget(self, of: Callable[[Any], bool]) -> None:
        """Drop the values whose keys `of` is true of."""
        with self._lock:
            for key in [key for key in self._kept if of(key)]:
                del self._kept[key]
