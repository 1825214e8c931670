"""Who acts when there is no request: a person at the server's command line, or the system itself."""

import getpass

from connections.audit.events import Actor, ActorKind

SYSTEM = Actor(kind=ActorKind.SYSTEM, id="system")


def command_actor(command: str) -> Actor:
    """The operating system's user who runs this command; in a container they may have a number and no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = None
    return Actor(kind=ActorKind.COMMAND, id=command, name=name)
