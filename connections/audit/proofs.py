"""That an event is in the log as it was signed, for those who hold neither."""

from collections.abc import Iterable

from connections.audit.checkpoints import checkpoint
from connections.audit.tree import stored_tree
from connections.audit.verifier.verify import Checkpoint, Proof


def proofs_of(sequences: Iterable[int]) -> tuple[Checkpoint, dict[int, Proof]]:
    """A checkpoint made for the purpose, and a proof by it for each event. Raises `NotCheckpointed`."""
    made, tree = checkpoint(), stored_tree()
    paths = {seq: tree.inclusion(seq - 1, made.size) for seq in sequences}
    return made, {seq: Proof(seq - 1, path, made.note) for seq, path in paths.items()}
