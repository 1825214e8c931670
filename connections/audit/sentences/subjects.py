"""What something was done to: one connection, a user's, a vehicle's, or a user as a whole."""

from connections.audit.purge_words import IN_PLACE_OF
from connections.audit.sentences.wording import Body, Phrase, gettext, part

_SHORT = 8


def subject_of(body: Body) -> str:
    """What it was done to, with shortened ids: whole ones stand beside the sentence."""
    target = part(body, "target")
    user, vehicle = target.get("user"), target.get("vehicle")
    match target.get("kind"):
        case "connection" if user and vehicle:
            words = gettext("the connection of user %(user)s to %(vehicle)s")
            return words % {"user": user[:_SHORT], "vehicle": _car(target)}
        case "connection" if target.get("connection"):
            return gettext("the connection %(id)s") % {"id": target["connection"][:_SHORT]}
        case "user" if user:
            whole = gettext("user %(user)s with all that Smartcar keeps of them")
            connections = gettext("all connections of user %(user)s")
            return (whole if is_purge(body) else connections) % {"user": user[:_SHORT]}
        case "vehicle" if vehicle:
            return gettext("all connections of %(vehicle)s") % {"vehicle": _car(target)}
        case str() as kind if target.get("id"):
            return f"{kind} {target['id']}"
    return gettext("a connection")


def of(words: str) -> Phrase:
    return lambda body: worded(body, words) % {"subject": subject_of(body)}


def worded(body: Body, words: str) -> str:
    return gettext(IN_PLACE_OF.get(words, words) if is_purge(body) else words)


def is_purge(body: Body) -> bool:
    target = part(body, "target")
    return target.get("kind") == "user" and target.get("id") == "purge"


def _car(target: Body) -> str:
    described = " ".join(str(target[name]) for name in ("make", "model", "year") if target.get(name))
    vehicle = gettext("vehicle %(id)s") % {"id": target["vehicle"][:_SHORT]}
    return f"{vehicle} ({described})" if described else vehicle
