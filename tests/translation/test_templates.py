"""Whatever a template says to people goes through gettext: a word that does not would stay English for everyone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# The page of components is for us who build this, and is there with DEBUG alone.
TRANSLATED = sorted(path for path in TEMPLATES.rglob("*.*") if "components" not in path.relative_to(TEMPLATES).parts[0])

# Commands, names and marks that are the same in every language.
_SAME_EVERYWHERE = {"UTC", "Esc"}
_CODE = re.compile(r"<(style|code|pre|kbd)\b.*?</\1>|<!doctype html>", re.DOTALL)
_COMMENT = re.compile(r"{%\s*comment\b.*?endcomment\s*%}|{#.*?#}", re.DOTALL)
_TRANSLATED = re.compile(r"{%\s*blocktranslate\b.*?endblocktranslate\s*%}", re.DOTALL)
_DJANGO = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_BLOCKS_OF_MARKUP = re.compile(r"{% block (?:tone|body_attributes) %}.*?{% endblock")
# A parameter that the included template prints, or a default.
_LITERAL = re.compile(
    r"""(?:\b(?:title|heading|label|caption|of|verb)=|\|default:|\|pluralize:)"([^"]*[a-z]{3}[^"]*)\""""
)
_SPOKEN = re.compile(r"""\s(?:aria-label|title|placeholder|alt|data-label|data-pending|data-copied)="([^"]*)\"""")
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W\d_]{2,}")


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_word_of_a_template_goes_through_gettext(path: Path) -> None:
    assert [*_plain_words(path.read_text(encoding="utf-8"))] == []


def test_plain_words_are_found() -> None:
    text = '{# not I #}<p class="x" title="one">two {{ x|default:"three" }}{% translate "not I" %}</p>{{ n }} four'
    assert [*_plain_words(text)] == ["three", "one", "two", "four"]


def _plain_words(text: str) -> Iterator[str]:
    text = _TRANSLATED.sub(" ", _COMMENT.sub(" ", _BLOCKS_OF_MARKUP.sub("", text)))
    for tag in _DJANGO.findall(text):
        yield from _LITERAL.findall(tag)
    text = _DJANGO.sub(" ", _CODE.sub(" ", text))
    for spoken in _SPOKEN.findall(text):
        yield from _words(spoken)
    yield from _words(_TAG.sub(" ", text))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word not in _SAME_EVERYWHERE]
