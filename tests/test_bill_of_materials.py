"""The bill of materials that goes with a release lists what the image installs, and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
LOCK = PROJECT / "requirements/production.txt"


def test_it_names_every_package_of_the_lock_with_its_version_and_hashes(tmp_path: Path) -> None:
    recipe = subprocess.run(
        ["make", "--dry-run", "--always-make", "build/bom.json"],  # as a release makes it
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    arguments = next(line for line in recipe.splitlines() if "cyclonedx_py" in line).split()
    options = arguments[arguments.index("-m") :]
    options[options.index("--output-file") + 1] = str(tmp_path / "bom.json")
    subprocess.run([sys.executable, "-W", "ignore", *options], cwd=PROJECT, check=True, capture_output=True)

    bill = json.loads((tmp_path / "bom.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "smartcar-connections-dashboard"
    listed = {each["name"].lower(): each["version"] for each in bill["components"]}
    assert listed == dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ]+)", LOCK.read_text(), re.MULTILINE))
    assert all(each["externalReferences"][0]["hashes"] for each in bill["components"])
