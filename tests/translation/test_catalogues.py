"""Each catalogue has every message of the sources translated, and is committed as Django reads it."""

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

BASE = Path(settings.BASE_DIR)
CATALOGUES = sorted(BASE.glob("locale/*/LC_MESSAGES/django.po"))
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|<[^>]+>")


def _language(catalogue: Path) -> str:
    return catalogue.parent.parent.name


each_catalogue = pytest.mark.parametrize("catalogue", CATALOGUES, ids=_language)


def _messages(compiled: Path) -> dict[str | tuple[str, int], str]:
    with compiled.open("rb") as file:
        read = gettext.GNUTranslations(file)
    found: dict[str | tuple[str, int], str] = vars(read)["_catalog"]
    return {key: text for key, text in found.items() if key}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources and catalogues, into which the messages of the sources were merged anew."""
    copy = tmp_path_factory.mktemp("sources")
    for folder in ("connections", "dashboard", "templates", "locale"):
        shutil.copytree(BASE / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    # Without settings, since those name the catalogues beside them.
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "django", "makemessages", "--all", "--no-location", "--no-obsolete"]
    subprocess.run(command, cwd=copy, env=bare, check=True, timeout=120)
    return copy


def test_every_language_but_the_one_of_the_source_has_a_catalogue() -> None:
    assert {_language(each) for each in CATALOGUES} == {code for code, _ in settings.LANGUAGES} - {"en"}


@each_catalogue
def test_every_message_of_the_sources_is_translated(extracted: Path, catalogue: Path) -> None:
    merged = extracted / catalogue.relative_to(BASE)
    told = subprocess.run(
        ["msgfmt", "--check", "--statistics", "--output-file=/dev/null", merged],
        capture_output=True,
        check=True,
        text=True,
    )
    assert re.fullmatch(r"\d+ translated messages\.\n", told.stderr), "run: make messages, and translate"


@each_catalogue
def test_no_message_is_left_over(extracted: Path, catalogue: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", f"--output-file={compiled}", extracted / catalogue.relative_to(BASE)], check=True)
    assert _messages(catalogue.with_suffix(".mo")).keys() == _messages(compiled).keys(), "run: make messages"


@each_catalogue
def test_what_django_reads_is_what_the_catalogue_says(catalogue: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", f"--output-file={compiled}", catalogue], check=True)
    assert _messages(catalogue.with_suffix(".mo")) == _messages(compiled), "run: make messages"


@each_catalogue
def test_a_translation_has_the_placeholders_and_the_markup_of_its_message(catalogue: Path) -> None:
    # Of a plural the first form may leave its number out.
    texts = {
        key if isinstance(key, str) else key[0]: text
        for key, text in _messages(catalogue.with_suffix(".mo")).items()
        if isinstance(key, str)
    }
    differing = {
        key: text
        for key, text in texts.items()
        if sorted(_PLACEHOLDER.findall(key)) != sorted(_PLACEHOLDER.findall(text))
    }
    assert differing == {}
