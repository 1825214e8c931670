"""The arithmetic of the bucket, without a database."""

from hypothesis import given, strategies as st

from connections.smartcar.budget import Bucket

NOW = 1_790_000_000.0
buckets = st.builds(Bucket, st.integers(1, 500), st.integers(1, 6000))


def taken(bucket: Bucket, full_at: float, now: float, floor: int) -> float | None:
    """When it will be full after one more is taken, or None if none may be."""
    return max(full_at, now) + bucket.step if full_at <= bucket.latest(now, floor) else None


@given(bucket=buckets, floor=st.integers(0, 499), started=st.floats(0, 1e6))
def test_exactly_what_is_above_the_floor_can_be_taken_at_once(bucket: Bucket, floor: int, started: float) -> None:
    floor %= bucket.capacity  # the settings take none that leaves nothing
    now, full_at, count = NOW + started, 0.0, 0
    while (after := taken(bucket, full_at, now, floor)) is not None:
        full_at, count = after, count + 1
        assert count <= bucket.capacity
    assert count == bucket.capacity - floor
    assert bucket.left(full_at, now) == bucket.capacity - count


@given(bucket=buckets, gaps=st.lists(st.floats(0, 120), max_size=200))
def test_over_any_time_no_more_leave_than_it_held_and_got_back(bucket: Bucket, gaps: list[float]) -> None:
    now, full_at, count = NOW, 0.0, 0
    for gap in gaps:
        now += gap
        after = taken(bucket, full_at, now, 0)
        full_at, count = (after, count + 1) if after is not None else (full_at, count)
    assert count <= bucket.capacity + (now - NOW) / bucket.step + 1
    assert full_at <= bucket.furthest(now)


@given(bucket=buckets, floor=st.integers(0, 100), spent=st.integers(0, 500))
def test_it_opens_when_it_says(bucket: Bucket, floor: int, spent: int) -> None:
    floor %= bucket.capacity
    full_at = NOW + min(spent, bucket.capacity) * bucket.step
    opens = max(bucket.opens_at(full_at, floor), NOW)
    assert taken(bucket, full_at, opens, floor) is not None
    if opens > NOW + 0.01:
        assert taken(bucket, full_at, opens - 0.01, floor) is None


def test_a_few_words_to_hold_on_to() -> None:
    bucket = Bucket(capacity=120, refill_per_minute=2)
    assert bucket.step == 30
    assert bucket.left(0, NOW) == 120
    assert bucket.left(NOW + 60, NOW) == 118
    assert bucket.left(NOW + 120 * 30, NOW) == 0
    assert bucket.opens_at(NOW + 120 * 30, 0) == NOW + 30
