import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connections.simulator.server import Simulator
from tests.conformance.sdk import SDK

HERE = Path(__file__).parent
NODE = HERE / "node"


@pytest.fixture(scope="session")
def node() -> str:
    """Node with Smartcar's SDK installed as locked; without Node there is no proof, so its absence fails."""
    executable, npm = shutil.which("node"), shutil.which("npm")
    if executable is None or npm is None:
        pytest.fail("The conformance tests need Node and npm: apt-get install nodejs npm.")
    if not _is_installed():
        installed = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=NODE,
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode:
            pytest.fail(f"npm ci failed: {installed.stderr}")
    return executable


def _is_installed() -> bool:
    wanted = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["dependencies"]["smartcar"]
    manifest = NODE / "node_modules" / "smartcar" / "package.json"
    return manifest.exists() and json.loads(manifest.read_text(encoding="utf-8"))["version"] == wanted


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    with Simulator(connections=250, rate_capacity=None) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def python_sdk(running: Simulator) -> Iterator[SDK]:
    sdk = SDK("Python", [sys.executable, str(HERE / "python_sdk.py")], running.url)
    yield sdk
    sdk.close()


@pytest.fixture(scope="session")
def node_sdk(running: Simulator, node: str) -> Iterator[SDK]:
    sdk = SDK("Node", [node, str(NODE / "sdk.js")], running.url)
    yield sdk
    sdk.close()


@pytest.fixture(params=["python_sdk", "node_sdk"])
def sdk(request: pytest.FixtureRequest) -> SDK:
    """Each test that takes this speaks to both SDKs."""
    chosen: SDK = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    running.reset()
    return running
