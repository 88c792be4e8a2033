"""What waits until something has come to rest."""

from app.settling import settled


def test_without_a_session_nothing_waits():
    told = []
    tell = settled(lambda: told.append(1), 100)
    tell("start", 0, 1)
    tell()
    assert len(told) == 2
