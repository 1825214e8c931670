"""Checkpoints, keys, signatures and proofs: the vectors byte for byte, and what is none of these."""

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st

from connections.audit.signing import Keys
from connections.audit.tree import Tree
from connections.audit.verifier import verify
from connections.audit.verifier.verify import (
    Checkpoint,
    Key,
    Proof,
    is_signed_by_rfc_8032,
    leaf_hash,
    root_of_inclusion,
)

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
ORIGIN = "example.test/audit"
KEYS = Keys((Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["seed_hex"])),))
LEAVES = [leaf_hash(body) for body in VECTORS["bodies"]]
TREE = Tree(lambda _level, first, count: LEAVES[first : first + count])
NOTE = VECTORS["note"]


def test_the_root_of_the_vectors_reproduces() -> None:
    assert TREE.root(3).hex() == VECTORS["root_hex"]


def test_the_key_of_the_vectors_reproduces() -> None:
    (key,) = KEYS.public(ORIGIN)
    assert key.public.hex() == VECTORS["pubkey_hex"]
    assert Key.parse(str(key)) == key


def test_the_checkpoint_of_the_vectors_reproduces() -> None:
    root = base64.b64encode(TREE.root(3)).decode()
    assert KEYS.sign(f"{ORIGIN}\n3\n{root}\n", ORIGIN) == NOTE


def test_the_proof_of_the_vectors_reproduces_and_holds() -> None:
    proof = Proof(1, TREE.inclusion(1, 3), NOTE)
    head = "c2sp.org/tlog-proof@v1\nindex 1\n"
    assert str(proof) == head + "".join(f"{each}\n" for each in VECTORS["proof_index1"]) + "\n" + NOTE
    assert Proof.parse(str(proof)) == proof
    assert root_of_inclusion(LEAVES[1], 1, 3, proof.path).hex() == VECTORS["root_hex"]


def test_a_proof_may_carry_something_extra() -> None:
    proof = Proof(1, TREE.inclusion(1, 3), NOTE)
    assert Proof.parse(str(proof).replace("index", "extra YQ==\nindex", 1)) == proof


def test_the_checkpoint_of_the_vectors_is_read_and_its_signer_known() -> None:
    checkpoint = Checkpoint.parse(NOTE)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) == (ORIGIN, 3, VECTORS["root_hex"])
    assert checkpoint.signer(KEYS.public(ORIGIN)) == KEYS.public(ORIGIN)[0]


def test_another_key_another_name_and_another_text_are_no_signature() -> None:
    checkpoint = Checkpoint.parse(NOTE)
    others = Keys((Ed25519PrivateKey.generate(),))
    assert checkpoint.signer(others.public(ORIGIN)) is None
    assert checkpoint.signer(KEYS.public("example.test/other")) is None
    assert Checkpoint.parse(NOTE.replace("\n3\n", "\n4\n")).signer(KEYS.public(ORIGIN)) is None


def test_both_keys_of_an_overlap_sign() -> None:
    both = KEYS.rotated()
    checkpoint = Checkpoint.parse(both.sign(Checkpoint.parse(NOTE).text, ORIGIN))
    assert len(checkpoint.signatures) == 2
    assert [checkpoint.signer([key]) for key in both.public(ORIGIN)] == list(both.public(ORIGIN))
    after = both.without_overlap()
    assert len(after.signing) == 1
    assert after.public(ORIGIN) == both.public(ORIGIN)


@pytest.mark.parametrize(
    "note",
    [
        "",
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\n3\n", "\n03\n"),
        NOTE.replace("\n3\n", "\n-3\n"),
        NOTE.replace("\n3\n", "\n3\n\n"),
        NOTE.replace("OPRctwno", "OPRc"),
        NOTE.replace("OPRctwno", "OPRc wno"),
        NOTE.replace("—", "-"),
        NOTE[:-1],
        NOTE.replace("gLHY", "gLH"),
        f"\n{NOTE}",
        "é".join(NOTE.rsplit("g", 1)),
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(ValueError, match="this is no"):
        Checkpoint.parse(note)


@pytest.mark.parametrize("key", ["", "a", "a+b", "a+00000000+AQ==", f"x{KEYS.public(ORIGIN)[0]}"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="this is no"):
        Key.parse(key)


@given(st.binary(max_size=200), st.integers(0), st.integers(1, 255))
def test_the_ed25519_of_the_verifier_agrees_with_that_of_cryptography(message: bytes, place: int, flip: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(secrets.token_bytes(32))
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert is_signed_by_rfc_8032(public, message, signature)
    altered = bytearray(public + signature + message)
    altered[place % len(altered)] ^= flip
    parts = bytes(altered[:32]), bytes(altered[96:]), bytes(altered[32:96])
    assert is_signed_by_rfc_8032(*parts) is verify.is_signed(*parts) is False


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [  # RFC 8032, 7.1, tests 1 to 3
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
)
def test_the_ed25519_of_the_verifier_is_that_of_rfc_8032(public: str, message: str, signature: str) -> None:
    assert is_signed_by_rfc_8032(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
    order = 2**252 + 27742317777372353535851937790883648493
    doubled = int.from_bytes(bytes.fromhex(signature)[32:], "little") + order
    malleable = bytes.fromhex(signature)[:32] + doubled.to_bytes(32, "little")
    assert not is_signed_by_rfc_8032(bytes.fromhex(public), bytes.fromhex(message), malleable)


def test_the_verifier_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    copy = tmp_path / "verify.py"
    copy.write_bytes(Path(verify.__file__).read_bytes())
    code = "import verify; assert not verify.HAS_CRYPTOGRAPHY; print(verify.is_signed(bytes(32), b'', bytes(64)))"
    said = subprocess.run(
        [sys.executable, "-S", "-c", code],  # without any package that was installed
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "False\n"
