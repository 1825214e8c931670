"""What is left of Smartcar's allowance, in words."""

from connections import times
from connections.budget import Left


def words_of(left: Left) -> str:
    """For the foot of every page and the overview."""
    words = f"{left.requests} of {left.capacity} requests left"
    return f"{words}, full again at {times.exact(left.full_at)}" if left.full_at else words
