"""The readers of the environment: what each takes, and that a refusal names the variable and never the value."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.env import Environment, Term, Terms

SECRET = "hunter2"

Read = Callable[[Environment], Any]

MONTH = Term(months=1)
READERS: dict[str, Read] = {
    "flag": lambda env: env.flag("NAME", default=False),
    "positive": lambda env: env.positive("NAME", 7),
    "terms": lambda env: env.terms("NAME", MONTH),
    "hours": lambda env: env.hours("NAME", (6, 20)),
    "choice": lambda env: env.choice("NAME", ("auto", "v2"), "auto"),
    "pattern": lambda env: env.pattern("NAME", "^A$"),
    "origin": lambda env: env.origin("NAME", "https://usual.example"),
    "database": lambda env: env.database("NAME", "sqlite:///usual.sqlite3", base=Path("/base")),
}


def read(reader: str, value: str) -> Any:
    return READERS[reader](Environment({"NAME": value}))


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("flag", SECRET),
        ("flag", "2"),
        ("positive", SECRET),
        ("positive", "0"),
        ("positive", "-1"),
        ("positive", "1.5"),
        ("positive", "١٢"),
        ("positive", "9" * 10),
        ("terms", SECRET),
        ("hours", SECRET),
        ("hours", "7"),
        ("hours", "19-7"),
        ("hours", "7-25"),
        ("terms", "0"),
        ("terms", "-1"),
        ("terms", "30,=45"),
        ("terms", "30,erasure_request="),
        ("terms", "erasure_request=soon"),
        ("choice", SECRET),
        ("pattern", f"({SECRET}"),
        ("origin", SECRET),
        ("origin", f"https://user:{SECRET}@host.example"),
        ("origin", f"https://host.example/{SECRET}"),
        ("origin", f"https://host.example?{SECRET}"),
        ("origin", "ftp://host.example"),
        ("origin", "https://"),
        ("origin", "https://host.example:99999"),
        ("origin", "https://[::1"),
        ("database", SECRET),
        ("database", f"mysql://user:{SECRET}@host/name"),
        ("database", f"postgres://user:{SECRET}@host"),
        ("database", f"postgres://user:{SECRET}@host:port/name"),
    ],
)
def test_a_malformed_value_is_refused_by_naming_the_variable_alone(reader: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NAME") as refused:
        read(reader, value)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert SECRET not in sentence


@pytest.mark.parametrize(
    ("reader", "value", "meaning"),
    [
        ("flag", " TRUE ", True),
        ("flag", "off", False),
        ("flag", "", False),
        ("positive", "12", 12),
        ("positive", "", 7),
        ("choice", "V2", "v2"),
        ("choice", "", "auto"),
        ("origin", "http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("origin", "", "https://usual.example"),
        ("pattern", "^B$", re.compile("^B$")),
        ("pattern", "", re.compile("^A$")),
    ],
)
def test_a_well_formed_value_is_read_and_an_empty_one_means_the_default(
    reader: str, value: str, meaning: object
) -> None:
    assert read(reader, value) == meaning


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, ("usual",)),
        ({"NAME": ""}, ()),
        ({"NAME": "a, b,,c "}, ("a", "b", "c")),
    ],
)
def test_a_list_that_is_set_but_empty_is_not_the_default(variables: dict[str, str], words: tuple[str, ...]) -> None:
    assert Environment(variables).words("NAME", ["usual"]) == words


def test_a_relative_sqlite_file_lies_in_the_project_and_an_absolute_one_where_it_says() -> None:
    assert read("database", "sqlite:///here.sqlite3")["NAME"] == "/base/here.sqlite3"
    assert read("database", "sqlite:////there/db.sqlite3")["NAME"] == "/there/db.sqlite3"


def test_a_postgresql_url_is_taken_apart_with_its_escapes() -> None:
    database = read("database", "postgres://app:p%40ss@db.example:5433/cars")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "cars")
    assert (database["USER"], database["PASSWORD"]) == ("app", "p@ss")


def test_a_value_may_come_from_a_file_without_its_line_feed(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    assert Environment({"NAME_FILE": str(file)}).text("NAME") == SECRET


def test_the_file_wins_over_the_value(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file")
    assert Environment({"NAME": "from the variable", "NAME_FILE": str(file)}).text("NAME") == "from the file"


def test_every_reader_takes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text("12\n")
    assert Environment({"NAME_FILE": str(file)}).positive("NAME", 7) == 12
    assert Environment({"NAME_FILE": str(file)}).words("NAME") == ("12",)


def test_a_file_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path) -> None:
    binary = tmp_path / SECRET
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path / "missing", tmp_path):
        with pytest.raises(ImproperlyConfigured, match=r"^NAME_FILE names a file that cannot be read as text\.$"):
            Environment({"NAME_FILE": str(path)}).text("NAME")


def test_an_empty_file_name_is_as_good_as_none() -> None:
    assert Environment({"NAME": "value", "NAME_FILE": " "}).text("NAME") == "value"


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        ("", Terms(MONTH, {})),
        ("28", Terms(Term(days=28), {})),
        ("2m", Terms(Term(months=2), {})),
        ("28, erasure_request=45", Terms(Term(days=28), {"erasure_request": Term(days=45)})),
        ("erasure_request=45,fraud=1m", Terms(MONTH, {"erasure_request": Term(days=45), "fraud": MONTH})),
    ],
)
def test_terms_are_of_everything_and_of_what_is_named(value: str, read_as: Terms) -> None:
    assert read("terms", value) == read_as


@pytest.mark.parametrize(("value", "read_as"), [("", (6, 20)), ("7-19", (7, 19)), ("0-24", (0, 24))])
def test_hours_are_from_one_to_a_later_one(value: str, read_as: tuple[int, int]) -> None:
    assert read("hours", value) == read_as
