"""`each_row` against Django's own loop: the same HTML, whatever the rows hold."""

import re
from dataclasses import fields
from typing import Any

import pytest
from django.template.loader import get_template, render_to_string
from django.utils.html import escape
from hypothesis import given, settings, strategies as st

from connections.queries.operation_words import Badge
from connections.queries.table import Row

# What the client lets through: printable characters, those of HTML, templates and format strings among them.
TEXT = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("<>&\"'{}%0 "), max_size=12)
BADGE = st.none() | st.builds(Badge, words=TEXT, tone=st.sampled_from(["good", "bad"]))
TEXTS = {field.name: TEXT for field in fields(Row) if field.name != "badge"}
ROW = st.builds(Row, **TEXTS, badge=BADGE)
FLAGS = st.fixed_dictionaries({"has_details": st.booleans(), "can_revoke": st.booleans()})


def row(**texts: Any) -> Row:
    return Row(**{**dict.fromkeys(TEXTS, ""), "badge": None, **texts})


def together(rows: list[Row], flags: dict[str, bool]) -> str:
    return render_to_string("connections/_rows.html", {"rows": rows, **flags})


def one_by_one(rows: list[Row], flags: dict[str, bool]) -> str:
    partial = get_template("connections/_row.html")
    return "".join(re.sub(r"\n\s*", "", partial.render({"row": each, **flags})) for each in rows)


@settings(max_examples=60)
@given(rows=st.lists(ROW, max_size=5), flags=FLAGS)
def test_rows_together_are_the_rows_one_by_one(rows: list[Row], flags: dict[str, bool]) -> None:
    assert together(rows, flags).strip() == one_by_one(rows, flags).strip()


def test_a_text_is_escaped() -> None:
    html = together([row(car="<script>alert('1')</script>")], {"has_details": True, "can_revoke": True})

    assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;" in html
    assert "<script>" not in html


@pytest.mark.parametrize("car", ["{0}", "{user_id}", "%s", "{% now 'Y' %}", "{{ row.url }}"])
def test_a_text_that_looks_like_a_placeholder_is_only_text(car: str) -> None:
    html = together([row(car=car, user_id="7")], {"has_details": True, "can_revoke": False})

    assert f">{escape(car)}<" in html


def test_rows_of_different_shapes_stand_side_by_side() -> None:
    badge = Badge("Unknown, checking", "unknown")
    rows = [
        row(user_id="first", mode="live"),
        row(user_id="second", badge=badge),
        row(user_id="third", connected="now"),
    ]

    html = together(rows, {"has_details": False, "can_revoke": True})

    assert [html.count(words) for words in ("Unknown, checking", "<time", 'class="tag"')] == [1, 1, 1]
    assert html.index("first") < html.index("second") < html.index("third")
