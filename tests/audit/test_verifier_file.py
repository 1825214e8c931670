"""The one file that auditors get, run as they run it: on an export, in a process without any package installed."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import LazySettings

from connections.audit.checkpoints import checkpoint
from connections.audit.events import Actor, Event, EventType
from connections.audit.export import export
from connections.audit.filters import Filters
from connections.audit.ledger import append
from connections.audit.signing import Keys, load_keys
from connections.audit.verifier.verify import Checkpoint, Frontier, leaf_hash

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def recorded(revocation: Callable[[], UUID]) -> None:
    """Two revocations with a checkpoint after the first: events 1 to 6."""
    revocation()
    checkpoint()
    revocation()


@pytest.fixture
def bundle(tmp_path: Path, ana: Actor) -> Path:
    """The whole log: events 1 to 6 and the export's own."""
    export(tmp_path / "bundle", Filters(), actor=ana)
    return tmp_path / "bundle"


@pytest.fixture
def selection(tmp_path: Path, ana: Actor) -> Path:
    """Two intents, events 1 and 4."""
    export(tmp_path / "selection", Filters.of("type:revocation.intended"), actor=ana)
    return tmp_path / "selection"


@pytest.fixture
def key(bundle: Path) -> str:
    return (bundle / "keys.txt").read_text().strip()


@pytest.fixture
def folder(settings: LazySettings) -> Path:
    """Where checkpoints are published."""
    return Path(settings.AUDIT_CHECKPOINT_DIR)


def run(path: Path, *arguments: object) -> tuple[int, str]:
    command = [sys.executable, "-S", "-E", str(path / "verify.py"), str(path), *map(str, arguments)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not said.stderr
    return said.returncode, said.stdout


def test_it_finds_an_export_intact_and_asks_to_compare_the_key(bundle: Path) -> None:
    code, said = run(bundle)
    assert code == 0
    assert said.startswith("Intact: 7 events, 1 to 7, leaf ")
    assert "; 2 checkpoints, the newest of size 7 signed by " in said
    assert said.endswith("; compare this key with the one you know.\n")


def test_a_key_that_one_knows_needs_no_comparing(bundle: Path, key: str, tmp_path: Path) -> None:
    assert run(bundle, "--key", key)[1].endswith(f"signed by {key}.\n")
    (tmp_path / "known").write_text(f"{key}\n\n")
    assert run(bundle, "--key", tmp_path / "known")[0] == 0


def test_what_is_no_key_is_not_taken_for_none(bundle: Path) -> None:
    assert run(bundle, "--key", "nonsense")[0] == 2


def test_an_export_signed_with_another_key_than_one_knows_is_found(bundle: Path, settings: LazySettings) -> None:
    other = Keys((Ed25519PrivateKey.generate(),)).public(settings.AUDIT_ORIGIN)[0]
    assert run(bundle, "--key", other) == (1, "Altered: its checkpoint is not signed by any key that is known.\n")


def test_what_was_published_is_compared(bundle: Path, folder: Path, ana: Actor) -> None:
    assert "; 2 checkpoints" in run(bundle, "--checkpoints", folder)[1]
    append(Event(type=EventType.CONNECTION_VIEWED, actor=ana))
    checkpoint()
    assert run(bundle, "--checkpoints", folder)[0] == 0


def test_a_withheld_tail_is_found_by_a_published_checkpoint(bundle: Path, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "kept")
    edit(bundle, "events.jsonl", lambda lines: lines[:-2])
    assert run(bundle, "--checkpoints", tmp_path / "kept")[0] == 2
    # With the key in hand it can be signed as a log that was shorter then, and that is said.
    cut = forged(bundle, lambda lines: lines, key=None, app=None)
    code, said = run(cut, "--checkpoints", tmp_path / "kept")
    assert (code, "Intact: 5 events" in said, "(later ones not compared)" in said) == (0, True, True)
    (tmp_path / "kept" / "one").write_text(published_over(cut, 5))
    assert run(cut, "--checkpoints", tmp_path / "kept")[0] == 1


def test_a_log_rewritten_whole_and_signed_by_somebody_else_is_found(bundle: Path, folder: Path, key: str) -> None:
    rewritten = forged(bundle, lambda lines: lines, key=Ed25519PrivateKey.generate())
    assert run(rewritten)[0] == 0
    assert run(rewritten, "--key", key)[0] == 1
    code, said = run(rewritten, "--checkpoints", folder)
    assert (code, "is not signed by any key that is known" in said) == (1, True)


def test_a_log_rewritten_whole_with_the_key_is_found_by_what_was_published(bundle: Path, folder: Path) -> None:
    rewritten = forged(bundle, lambda lines: lines, key=None)
    assert run(rewritten)[0] == 0
    code, said = run(rewritten, "--checkpoints", folder)
    assert (code, said.startswith("Altered: event 1: it or a later one (of events 1 to 3)")) == (1, True)


def test_a_selection_is_proven_event_by_event(selection: Path, folder: Path) -> None:
    code, said = run(selection, "--checkpoints", folder)
    assert code == 0
    assert said.startswith("Intact as far as the selection 'type:revocation.intended' shows: 2 events, 1 to 4, ")
    # Of the day's two, the last stands in the selection with its proof.
    assert "; 1 published checkpoint compared, " in said


def test_a_selection_is_held_against_what_was_published_on_earlier_days(tmp_path: Path, ana: Actor) -> None:
    append(Event(type=EventType.CONNECTION_VIEWED, actor=ana))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        made = checkpoint()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        export(tmp_path / "out", Filters.of("type:revocation.intended"), actor=ana)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "one").write_text(made.note)
    code, said = run(tmp_path / "out", "--checkpoints", kept)
    assert (code, "; 1 published checkpoint compared, " in said) == (0, True)
    (kept / "one").write_text(published_over(tmp_path / "out", made.size))
    code, said = run(tmp_path / "out", "--checkpoints", kept)
    assert (code, said) == (1, "Altered: another checkpoint of size 7 was published.\n")
    edit(
        tmp_path / "out", "checkpoints.jsonl", lambda lines: [lines[0].replace(b'"path":["', b'"path":["AAAA'), *lines]
    )
    code, said = run(tmp_path / "out", "--checkpoints", kept)
    assert (code, said) == (1, "Altered: the checkpoint of size 3 is not proven to be of the same log.\n")


def test_a_selected_event_that_was_rewritten_is_found(selection: Path) -> None:
    edit(selection, "events.jsonl", lambda lines: [lines[0], lines[1].replace(b"SUP-7", b"SUP-8")])
    assert run(selection) == (1, "Altered: event 4: it is not what the checkpoint was signed over.\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[:1], "event 4: it has no proof"),
        (lambda lines: lines[::-1], "event 1: it has no proof"),
        (lambda lines: [lines[0], lines[1].replace(b'":["', b'":["-')], "event 4: its proof cannot be read"),
        (
            lambda lines: [lines[0], lines[1].replace(b'":["', b'":["AAAA')],
            "event 4: it is not what the checkpoint was signed over",
        ),
        (lambda lines: [lines[0], b'{"seq":4,"path":[]}\n'], "event 4: its proof cannot be read"),
        (lambda lines: [lines[0], b'{"seq":4}\n'], "event 4: its proof cannot be read"),
    ],
)
def test_a_proof_that_does_not_hold_is_found(selection: Path, change: Any, says: str) -> None:
    edit(selection, "proofs.jsonl", change)
    assert run(selection) == (1, f"Altered: {says}.\n")


def test_a_selection_that_calls_itself_whole_is_found(selection: Path) -> None:
    manifest = json.loads((selection / "manifest.json").read_text())
    (selection / "manifest.json").write_text(json.dumps(manifest | {"query": ""}))
    assert run(selection) == (2, "Incomplete: event 2: it is missing.\n")


def test_another_checkpoint_of_the_same_size_is_found(selection: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "one").write_text(published_over(selection, 7, root=bytes(32)))
    code, said = run(selection, "--checkpoints", tmp_path / "kept")
    assert (code, said) == (1, "Altered: another checkpoint of size 7 was published.\n")


def test_an_event_added_after_the_checkpoint_is_found(bundle: Path) -> None:
    note = (bundle / "checkpoint").read_text()
    forged(bundle, lambda lines: [*lines, lines[-1]], key=None)
    (bundle / "checkpoint").write_text(note)
    manifest = json.loads((bundle / "manifest.json").read_text())
    checkpoint = Checkpoint.parse(note)
    root = base64.b64encode(checkpoint.root).decode()
    (bundle / "manifest.json").write_text(json.dumps(manifest | {"size": 7, "root": root}))
    assert run(bundle)[0] == 1


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.jsonl", "keys.txt", "manifest.json", "events.jsonl"])
@pytest.mark.parametrize("content", [None, b"\xff", b"nonsense\n", b"{}\n"])
def test_what_cannot_be_read_is_not_called_intact(bundle: Path, name: str, content: bytes | None) -> None:
    if content is None:
        (bundle / name).unlink()
    else:
        (bundle / name).write_bytes(content)
    assert run(bundle)[0] == 2


def test_a_checkpoint_that_is_not_the_manifests_is_found(bundle: Path, folder: Path) -> None:
    (bundle / "checkpoint").write_text((folder / "001-000000000003").read_text())
    assert run(bundle) == (1, "Altered: checkpoint is not the one that manifest.json names.\n")


def test_a_file_that_is_neither_is_said(bundle: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "none", bundle / "events.jsonl"):
        command = [sys.executable, "-S", str(bundle / "verify.py"), str(path)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def edit(folder: Path, name: str, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = (folder / name).read_bytes().splitlines(keepends=True)
    (folder / name).write_bytes(b"".join(change(lines)))
    if name == "events.jsonl":
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest))


def forged(
    bundle: Path,
    change: Callable[[list[bytes]], list[bytes]],
    *,
    key: Ed25519PrivateKey | None,
    app: str | None = "forged",
) -> Path:
    """
    The bundle of a log that is consistent in itself and says other things: links, leaves, checkpoint, manifest.

    Signed with our own key, or with another that is enclosed in its place.
    """
    lines = change((bundle / "events.jsonl").read_bytes().splitlines())
    tree, leaf, written = Frontier(), bytes(32), []
    for number, line in enumerate(lines, start=1):
        event = json.loads(line)
        body = json.loads(event["body"]) | {"prev": leaf.hex(), "seq": number}
        body["app"] = app or body["app"]
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        leaf = leaf_hash(text)
        tree.append(leaf)
        written.append(json.dumps(event | {"body": text, "seq": number}, ensure_ascii=False).encode() + b"\n")
    keys = Keys((key,)) if key else load_keys()
    origin = Checkpoint.parse((bundle / "checkpoint").read_text()).origin
    root = base64.b64encode(tree.root()).decode()
    (bundle / "events.jsonl").write_bytes(b"".join(written))
    (bundle / "checkpoint").write_text(keys.sign(f"{origin}\n{tree.size}\n{root}\n", origin))
    (bundle / "checkpoints.jsonl").write_bytes(b"")
    (bundle / "keys.txt").write_text(f"{keys.public(origin)[0]}\n")
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest |= {"count": tree.size, "last": tree.size, "size": tree.size, "root": root}
    manifest["sha256"] = hashlib.sha256((bundle / "events.jsonl").read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return bundle


def published_over(bundle: Path, size: int, root: bytes = bytes(32)) -> str:
    """A checkpoint of another log than the bundle's, signed with our key."""
    origin = Checkpoint.parse((bundle / "checkpoint").read_text()).origin
    return load_keys().sign(f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n", origin)
