"""Whether a note says something, where one is needed, and is not merely filled in, where none is. Pure."""

import re
import unicodedata

_SHORTEST = 10
_WORDS = 3
_CHARACTERS = 5
# So often does a piece stand in a note that is nothing else.
_OFTEN = 3
# Fewer letters than this may be a word that happens to lie side by side, such as `wer`.
_KEYS = 6
_KEYBOARDS = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm", "wxcvbn")
_ROWS = "|".join((*_KEYBOARDS, *(row[::-1] for row in _KEYBOARDS)))


def says_something(note: str) -> bool:
    """
    At least ten characters and three different words, not the same few keys over and over or side by side.

    Scripts that write no spaces between words have no words to count, so there
    the different characters are counted instead.
    """
    words = {word.casefold() for word in re.findall(r"\w+", note)}
    characters = {character.casefold() for character in note if character.isalnum()}
    if is_filler(note) or (len(note.strip()) < _SHORTEST and not _writes_no_spaces(note)):
        return False
    is_worded = len(words) >= _WORDS and any(len(set(word)) >= _WORDS for word in words)
    return len(characters) >= _CHARACTERS and (is_worded or _writes_no_spaces(note))


def is_filler(note: str) -> bool:
    """A single character, the same few over and over, or keys as they lie side by side, and nothing else."""
    text = "".join(character.casefold() for character in note if character.isalnum())
    is_single = bool(note.strip()) and len(set(text)) < 2
    return is_single or _repeats(text) or _lies_side_by_side(note.casefold())


def _repeats(text: str) -> bool:
    """`ababab`, `nonono`, and the last piece may be cut off; figures alone may be a date or a number of somebody's."""
    pieces = (text[:length] for length in range(2, len(text) // _OFTEN + 1))
    return not text.isdecimal() and any((piece * (len(text) // len(piece) + 1)).startswith(text) for piece in pieces)


def _lies_side_by_side(note: str) -> bool:
    """`asd fgh jkl`: every word is a piece of a row of some keyboard's letters, from the left or the right."""
    words = re.findall(r"\w+", note)
    return sum(map(len, words)) >= _KEYS and all(len(word) > 1 and word in _ROWS for word in words)


def _writes_no_spaces(note: str) -> bool:
    """
    Han, kana and Thai are letters without case, and most of the note is written in them.

    So are a few scripts that do write spaces, which does no harm.
    """
    letters = [unicodedata.category(character) for character in note if character.isalpha() and character not in "ªº"]
    return letters.count("Lo") * 2 > len(letters)
