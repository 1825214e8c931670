"""A language for tests: German, but each message stands in brackets, so that what has none was not translated."""

import gettext
import struct
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

LEFT, RIGHT = "⟦", "⟧"
_SPOKEN = {"aria-label", "title", "placeholder", "alt", "data-label", "data-pending", "data-copied"}
_CODE = {"script", "style", "code", "kbd", "pre"}
_EMPTY = {"br", "input", "link", "meta", "rect", "progress"}


def write(folder: Path) -> None:
    """The catalogue, with the messages of Django and of allauth as well, as a folder for `LOCALE_PATHS`."""
    messages = {key: f"{LEFT}{text}{RIGHT}" for path in _catalogues() for key, text in _messages(path)}
    plurals: dict[str, list[str]] = {}
    for key, text in messages.items():
        if isinstance(key, tuple):
            plurals.setdefault(key[0], []).append(text)
    texts = {key: text for key, text in messages.items() if isinstance(key, str)}
    texts |= {f"{key}\0{key}": "\0".join(forms) for key, forms in plurals.items()}
    texts[""] = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    place = folder / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "django.mo").write_bytes(_compiled(texts))


def _catalogues() -> Iterator[Path]:
    of_packages = [("django", "conf/locale"), ("django", "contrib/auth/locale"), ("allauth", "locale")]
    for package, place in of_packages:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        yield Path(spec.origin).parent / place / "de/LC_MESSAGES/django.mo"
    yield Path(settings.BASE_DIR) / "locale/de/LC_MESSAGES/django.mo"


def _messages(path: Path) -> Iterator[tuple[str | tuple[str, int], str]]:
    with path.open("rb") as file:
        catalogue: dict[str | tuple[str, int], str] = vars(gettext.GNUTranslations(file))["_catalog"]
    yield from ((key, text) for key, text in catalogue.items() if key)


def _compiled(texts: dict[str, str]) -> bytes:
    """As GNU gettext's manual describes the file: two tables of lengths and offsets, then the strings."""
    pairs = sorted((key.encode(), text.encode()) for key, text in texts.items())
    keys, values = zip(*pairs, strict=True)
    start = 28 + 16 * len(pairs)
    tables, body = b"", b""
    for strings in (keys, values):
        for each in strings:
            tables += struct.pack("<II", len(each), start + len(body))
            body += each + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + tables + body


def outside(html: str) -> str:
    """What people read or hear of a page and no bracket encloses; ids, code and times are left out."""
    page = _Spoken()
    page.feed(html)
    depth, left = 0, []
    for character in " | ".join(page.spoken):
        depth += (character == LEFT) - (character == RIGHT)
        if not depth and character != RIGHT:
            left.append(character)
    return "".join(left)


class _Spoken(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.spoken: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.spoken += [value for name in _SPOKEN if (value := named.get(name))]
        if tag not in _EMPTY:
            classes = set((named.get("class") or "").split())
            self._open.append(tag in _CODE or tag == "time" or bool(classes & {"id", "tag"}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _EMPTY and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open) or LEFT in data or RIGHT in data:
            self.spoken.append(data)
