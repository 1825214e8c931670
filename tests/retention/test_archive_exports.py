"""Exports of a log that goes on after an archive, and archives offline: nothing withheld passes as archived."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client

from connections.audit.events import Actor
from connections.audit.export import export
from connections.audit.filters import Filters
from connections.audit.signing import Keys, load_keys
from connections.audit.verification_run import own_checkpoints
from connections.audit.verifier.verify import (
    Frontier,
    Tombstone,
    Verdict,
    leaf_hash,
    verify_bundle,
)
from tests import record
from tests.retention.archives import FOLDER, replace
from tests.retention.conftest import Run

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_archive_verifies_offline(archived: Path) -> None:
    found = verify_bundle(archived / FOLDER)
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 100 events, 1 to 100, leaf ")


def test_a_beginning_withheld_from_an_export_is_not_called_archived(signed: int, ana: Actor, tmp_path: Path) -> None:
    known, bundle = load_keys().public(settings.AUDIT_ORIGIN), tmp_path / "bundle"
    export(bundle, Filters(), actor=ana)
    withhold_by_own_key(bundle, 60)
    found = verify_bundle(bundle, keys=known, checkpoints=own_checkpoints())
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)
    assert signed


def test_nor_where_what_is_left_is_passed_off_as_an_archived_part(signed: int, ana: Actor, tmp_path: Path) -> None:
    known, bundle = load_keys().public(settings.AUDIT_ORIGIN), tmp_path / "bundle"
    export(bundle, Filters(), actor=ana)
    own = withhold_by_own_key(bundle, 60)
    manifest = json.loads((bundle / "manifest.json").read_text()) | {"format": "audit-segment/1"}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    leaf = leaf_hash(json.loads((bundle / "events.jsonl").read_bytes().splitlines()[-1])["body"])
    root, digest = base64.b64decode(manifest["root"]), manifest["sha256"]
    unsigned = Tombstone(settings.AUDIT_ORIGIN, 61, manifest["last"], root, leaf, digest)
    (bundle / "tombstone").write_text(own.sign(unsigned.text, unsigned.origin))
    found = verify_bundle(bundle, keys=known, checkpoints=own_checkpoints())
    assert (found.verdict, found.seq) == (Verdict.INCOMPLETE, None), found
    assert "which is none of the keys you gave" in found.sentence
    said = verify_bundle(bundle).sentence
    assert all(str(key) in said for key in (*known, *own.public(settings.AUDIT_ORIGIN)))
    assert said.endswith("; you must know each of these keys.")
    assert signed


def withhold_by_own_key(bundle: Path, count: int) -> Keys:
    """By somebody without the key, who signs a tombstone with one of their own and encloses it."""
    own = Keys((Ed25519PrivateKey.generate(),))
    lines = (bundle / "events.jsonl").read_bytes().splitlines(keepends=True)
    leaves = [leaf_hash(json.loads(line)["body"]) for line in lines[:count]]
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    unsigned = Tombstone(settings.AUDIT_ORIGIN, 1, count, tree.root(), leaves[-1], "0" * 64)
    note = own.sign(unsigned.text, unsigned.origin)
    peaks = [base64.b64encode(each).decode() for each in tree.peaks]
    base = {"size": count, "leaf": base64.b64encode(leaves[-1]).decode(), "peaks": peaks}
    (bundle / "tombstones.jsonl").write_text(json.dumps({"note": note}) + "\n")
    (bundle / "base.json").write_text(json.dumps(base))
    with (bundle / "keys.txt").open("a") as keys:
        keys.writelines(f"{key}\n" for key in own.public(settings.AUDIT_ORIGIN))
    withhold(bundle, count)
    return own


def test_what_came_back_cannot_be_withheld_by_its_old_tombstone(
    archived: Path, run: Run, ana: Actor, tmp_path: Path
) -> None:
    export(tmp_path / "before", Filters(), actor=ana)
    run("audit_restore", str(archived / FOLDER))
    export(tmp_path / "after", Filters(), actor=ana)
    for name in ("tombstones.jsonl", "base.json"):
        shutil.copy(tmp_path / "before" / name, tmp_path / "after")
    withhold(tmp_path / "after", 100)
    found = verify_bundle(tmp_path / "after")
    assert (found.verdict, found.seq) == (Verdict.ALTERED, 1)


def withhold(bundle: Path, count: int) -> None:
    """The first so many events, and what says that they were there."""
    content = b"".join((bundle / "events.jsonl").read_bytes().splitlines(keepends=True)[count:])
    (bundle / "events.jsonl").write_bytes(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest |= {"first": count + 1, "count": manifest["count"] - count, "sha256": hashlib.sha256(content).hexdigest()}
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def test_an_archive_signed_by_a_key_it_brings_itself_is_not_called_intact(archived: Path) -> None:
    other = Keys((Ed25519PrivateKey.generate(),)).public(settings.AUDIT_ORIGIN)
    assert verify_bundle(archived / FOLDER, keys=load_keys().public(settings.AUDIT_ORIGIN)).verdict is Verdict.INTACT
    found = verify_bundle(archived / FOLDER, keys=other)
    assert found.verdict is Verdict.INCOMPLETE
    assert "which is none of the keys you gave" in found.sentence


@pytest.mark.parametrize("form", ["native", "csv", "ocsf"])
def test_an_export_says_what_is_archived_and_not_in_it(archived: Path, auditor: Client, form: str) -> None:
    assert archived
    left_out = "Events 1 to 100 are archived and not in the export."
    assert left_out in auditor.get("/audit/export/").text
    prepared = auditor.post("/audit/export/", {"format": form}, follow=True)
    assert left_out in prepared.text
    file = auditor.get(prepared.context["export"].file_url)
    assert b"".join(file.streaming_content)  # type: ignore[attr-defined]
    for each in record.bodies("audit.exported"):
        assert each["found"]["query"]["archived_through"] == "100"


def test_an_export_of_everything_goes_on_after_the_archive(archived: Path, run: Run, tmp_path: Path) -> None:
    run("audit_export", output=tmp_path / "out")
    found = verify_bundle(tmp_path / "out", checkpoints=own_checkpoints())
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 7 events, 101 to 107")
    assert "events 1 to 100 are archived, and were not read" in found.sentence
    found = verify_bundle(tmp_path / "out", archive=archived)
    assert found.verdict is Verdict.INTACT, found
    assert found.sentence.startswith("Intact: 107 events, 1 to 107")
    replace(archived / FOLDER / "events.jsonl", b"SUP-7", b"SUP-9")
    assert verify_bundle(tmp_path / "out", archive=archived).verdict is Verdict.ALTERED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "base.json").unlink(),
        lambda folder: replace(folder / "base.json", b'"size":100', b'"size":99'),
        lambda folder: replace(folder / "base.json", b'"peaks":["', b'"peaks":["A'),
        lambda folder: (folder / "tombstones.jsonl").unlink(),
        lambda folder: (folder / "tombstones.jsonl").write_text("[]\n"),
    ],
)
def test_an_export_that_lies_about_the_archive_is_found(
    archived: Path, run: Run, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    assert archived
    run("audit_export", output=tmp_path / "out")
    spoil(tmp_path / "out")
    assert verify_bundle(tmp_path / "out").verdict is not Verdict.INTACT


def test_a_selection_says_that_older_events_are_archived(archived: Path, run: Run, tmp_path: Path) -> None:
    assert archived
    run("audit_export", output=tmp_path / "out", type="audit.archived")
    found = verify_bundle(tmp_path / "out")
    assert found.verdict is Verdict.INTACT, found
    assert "events 1 to 100 are archived, and were not read" in found.sentence
