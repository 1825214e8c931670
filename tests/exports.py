"""How a person exports: choose, prepare, download."""

import csv
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.test import Client

from connections.audit.verifier import verify

URL = "/audit/export/"


def prepare(client: Client, **fields: str) -> str:
    """Send the form; gives the URL of the export's page."""
    answer = client.post(URL, fields)
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def download(client: Client, page: str) -> Any:
    """The answer with the file, which streams."""
    shown = client.get(page).text
    link = re.search(r'id="download" href="([^"]+)"', shown)
    assert link is not None
    answer = client.get(link[1])
    assert answer.status_code == 200, answer.content
    assert answer.streaming
    return answer


def file_of(client: Client, page: str) -> bytes:
    return b"".join(download(client, page).streaming_content)


def exported(client: Client, **fields: str) -> bytes:
    """From the form to the file."""
    return file_of(client, prepare(client, **fields))


def rows_of(file: bytes) -> list[dict[str, str]]:
    """The lines of a CSV file below its header, as a program reads them."""
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def verified(path: Path, *options: str) -> tuple[int, str]:
    """Exit status and sentence of the verifier that auditors get, in a process that knows nothing of ours."""
    command = [sys.executable, "-I", verify.__file__, str(path), *options]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not said.stderr
    return said.returncode, said.stdout
