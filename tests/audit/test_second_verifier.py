"""The verifier in docs/audit-format.md, which shares no code with ours, agrees with it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from connections.audit.events import Actor
from connections.audit.export import export
from connections.audit.filters import Filters

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = Path(__file__).parents[2] / "docs" / "audit-format.md"


@pytest.fixture
def bundle(tmp_path: Path, ana: Actor, revocation: Callable[[], UUID]) -> Path:
    revocation()
    revocation()
    export(tmp_path / "bundle", Filters(), actor=ana)
    return tmp_path / "bundle"


def verdict(bundle: Path) -> str:
    """What the documented verifier says; nothing when all is well."""
    program = DOCUMENT.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    arguments = [sys.executable, "-I", "-c", program, str(bundle)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (1 if done.stderr else 0)
    return done.stderr.strip()


def test_it_finds_our_export_intact(bundle: Path) -> None:
    assert verdict(bundle) == ""


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("success", "failed", "event 4: link to the event before"),
        ("Ana Ruíz", "Eva Ruíz", "event 1: commitment of actor.name"),
        ('"seq":3,"body"', '"seq":4,"body"', "event 3: number"),
        ("audit/1", "audit/2", "event 1: canonical text"),
    ],
)
def test_it_names_the_first_event_that_was_altered(bundle: Path, before: str, after: str, complaint: str) -> None:
    events = bundle / "events.jsonl"
    text = events.read_text(encoding="utf-8")
    assert before in text
    events.write_text(text.replace(before, after, 1), encoding="utf-8")

    assert verdict(bundle) == complaint


def test_it_misses_an_event_that_was_cut_off(bundle: Path) -> None:
    events = bundle / "events.jsonl"
    events.write_bytes(b"".join(events.read_bytes().splitlines(keepends=True)[:-1]))

    assert verdict(bundle) == "event 6: size of the checkpoint"
