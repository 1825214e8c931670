import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
import rfc8785
from hypothesis import given, strategies as st

from connections.audit.canonical import CanonicalError, canonical_text, canonical_time
from connections.audit.verifier.verify import LARGEST_INTEGER, parsed

strings = st.text(st.characters(exclude_categories=["Cs"]))
integers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1)
values = st.recursive(
    st.none() | st.booleans() | integers | strings.map(partial(unicodedata.normalize, "NFC")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=20,
)


@given(values)
def test_text_is_that_of_an_rfc_8785_library(value: Any) -> None:
    assert canonical_text(value).encode() == rfc8785.dumps(value)


@given(values)
def test_a_text_gives_its_value_back(value: Any) -> None:
    assert parsed(canonical_text(value)) == value


def test_strings_are_normalised() -> None:
    assert canonical_text("Rui\N{COMBINING ACUTE ACCENT}z") == '"Ruíz"'


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, -(2**53), "\ud800", {"Key": 1}, {"": 1}, {1: 1}, (1,), b"", [{"a": 1.5}]],
)
def test_values_outside_the_profile_are_refused(value: Any) -> None:
    with pytest.raises(CanonicalError):
        canonical_text(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '{"b":1,"a":2}',
        '{"a":1,"a":1}',
        "1.0",
        "1e2",
        "-0",
        '"\\u0041"',
        '"\\/"',
        '"Rui\N{COMBINING ACUTE ACCENT}z"',
        "NaN",
        " 1",
        "1\n",
        "",
        "[" * 100_000,
        "9" * 5_000,
        "9007199254740992",
        '{"Key":1}',
        '{"":1}',
        '"\\ud800"',
        '"\ud800"',
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parsed(text)


def test_times_are_utc_with_microseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    assert canonical_time(datetime(2026, 11, 21, 3, 29, tzinfo=berlin)) == "2026-11-21T02:29:00.000000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(CanonicalError):
        canonical_time(datetime(2026, 11, 21, tzinfo=UTC).replace(tzinfo=None))
