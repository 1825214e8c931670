"""Whether a note says something, where one is needed. Pure."""

import re
import unicodedata

_SHORTEST = 10
_WORDS = 3
_CHARACTERS = 5


def says_something(note: str) -> bool:
    """
    At least ten characters and three different words, not the same few keys over and over.

    Scripts that write no spaces between words have no words to count, so there
    the different characters are counted instead.
    """
    words = {word.casefold() for word in re.findall(r"\w+", note)}
    characters = {character.casefold() for character in note if character.isalnum()}
    if len(note.strip()) < _SHORTEST and not _writes_no_spaces(note):
        return False
    is_worded = len(words) >= _WORDS and any(len(set(word)) >= _WORDS for word in words)
    return len(characters) >= _CHARACTERS and (is_worded or _writes_no_spaces(note))


def is_filler(note: str) -> bool:
    """A single character, or one key held down, and nothing else."""
    characters = {character.casefold() for character in note if character.isalnum()}
    return bool(note.strip()) and len(characters) < 2


def _writes_no_spaces(note: str) -> bool:
    """
    Han, kana and Thai are letters without case, and most of the note is written in them.

    So are a few scripts that do write spaces, which does no harm.
    """
    letters = [unicodedata.category(character) for character in note if character.isalpha() and character not in "ªº"]
    return letters.count("Lo") * 2 > len(letters)
