"""The environment of the demo's processes: a simulator's origins, and nothing of the surrounding one's secrets."""

import os
import secrets
import socket
from pathlib import Path

from connections.demo.state import DemoState

# Set for the second start of the command, the one that runs with all of this in place.
MARK = "SMARTCAR_DASHBOARD_DEMO"
# Enough for an afternoon of trying things out; the real allowance is a tenth of it.
RATE_CAPACITY, RATE_REFILL_PER_MINUTE = 1200, 60
_ORIGINS = ("SMARTCAR_MANAGEMENT_API_ORIGIN", "SMARTCAR_VEHICLE_API_ORIGIN", "SMARTCAR_IAM_ORIGIN")
_OURS = (
    "SMARTCAR_",
    "OIDC_",
    "AUDIT_",
    "DATABASE_URL",
    "PUBLIC_URL",
    "SECRET_KEY",  # and its fallbacks
    "ALLOWED_HOSTS",
    "DEBUG",
    "SECOND_FACTOR_ROLES",
    "TICKET_PATTERN",
    "SPOOL_DIR",
)


def demo_environment(*, host: str, port: int, database: Path, state: DemoState) -> dict[str, str]:
    """Variables for the web server, the simulator and every other process of the demo."""
    simulator = f"http://127.0.0.1:{free_port()}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {
        **inherited,
        MARK: "1",
        "SECRET_KEY": state.secret_key,
        "DATABASE_URL": f"sqlite:///{database}",
        "PUBLIC_URL": f"http://{address(host)}:{port}",
        "ALLOWED_HOSTS": "*" if is_wildcard(host) else f"{address(host)},127.0.0.1,localhost,[::1]",
        "SECOND_FACTOR_ROLES": "",
        "SPOOL_DIR": f"{database}.spool",
        "SMARTCAR_APP_MANAGEMENT_TOKEN": secrets.token_urlsafe(24),
        "SMARTCAR_CLIENT_ID": f"client_{secrets.token_hex(8)}",
        "SMARTCAR_CLIENT_SECRET": secrets.token_urlsafe(24),
        "SMARTCAR_RATE_CAPACITY": str(RATE_CAPACITY),
        "SMARTCAR_RATE_REFILL_PER_MINUTE": str(RATE_REFILL_PER_MINUTE),
        **dict.fromkeys(_ORIGINS, simulator),
    }


def is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound


def address(host: str) -> str:
    """What a browser on this machine types for it."""
    if is_wildcard(host):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(host: str, port: int) -> bool:
    """Whether something listens there already, or we may not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
