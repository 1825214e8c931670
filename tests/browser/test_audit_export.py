"""From a search to a file, and from the file to a verdict that needs no server."""

import csv
import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Download, Page, expect

from tests.browser.steps import Visit
from tests.exports import verified


def prepared(page: Page, name: str) -> None:
    """Choose a format, and prepare."""
    page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Prepare the export").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^[\d,]+ events? to download$"))


def downloaded(page: Page, folder: Path) -> Path:
    """Under the name that it came with."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    download: Download = waiting.value
    assert download.failure() is None
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def count_of(page: Page) -> int:
    return int(page.get_by_role("heading", level=1).inner_text().split()[0].replace(",", ""))


def test_a_search_becomes_a_bundle_that_verifies_and_a_withheld_event_is_found(visit: Visit, tmp_path: Path) -> None:
    visit("support", "/connections/")
    page = visit("auditor", "/audit/")
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("The whole log, without a filter.")
    expect(page.get_by_role("main")).to_contain_text("By now ")
    prepared(page, "Bundle to verify")
    page.evaluate("window.notReloaded = true")
    bundle = downloaded(page, tmp_path)
    expect(page.get_by_role("status").filter(has_text="Complete.")).to_be_visible()
    assert page.evaluate("window.notReloaded")
    assert bundle.name.endswith(f"-{count_of(page)}-events.zip")
    code, said = verified(bundle)
    assert (code, said[: said.index(",")]) == (0, f"Intact: {count_of(page)} events")

    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(bundle).extractall(unpacked)
    lines = (unpacked / "events.jsonl").read_bytes().splitlines(keepends=True)
    (unpacked / "events.jsonl").write_bytes(b"".join([*lines[:1], *lines[2:]]))
    assert verified(unpacked) == (2, "Incomplete: event 2: it is missing.\n")


def test_without_scripts_a_search_becomes_a_spreadsheet(visit: Visit, tmp_path: Path) -> None:
    visit("support", "/connections/")
    page = visit("auditor", "/audit/?type=connection.listed", java_script_enabled=False)
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("type is connection.listed")
    prepared(page, "CSV")
    text = downloaded(page, tmp_path).read_bytes().decode("utf-8-sig")
    *rows, end = csv.DictReader(io.StringIO(text, newline=""))
    assert {row["type"] for row in rows} == {"connection.listed"}
    assert len(rows) == count_of(page) == int(end["found.count"])
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("Complete.")
