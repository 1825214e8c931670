"""What pages say of an export: its formats, its search in words, and its file."""

import re
from dataclasses import dataclass, replace
from datetime import UTC

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, ngettext

from connections import times
from connections.audit.delivery import Format
from connections.audit.export_run import Standing
from connections.audit.filters import Field, Filters, Term
from connections.audit.selection import Selection
from connections.grouping import grouped
from connections.models import AuditExport


@dataclass(frozen=True, slots=True)
class FormatWords:
    """How a format is called, what it is for, and what its file is."""

    format: Format
    label: str
    purpose: str
    end: str
    ending: str
    media_type: str


FORMATS = (
    FormatWords(
        Format.NATIVE,
        gettext_noop("Bundle to verify"),
        gettext_noop(
            "A ZIP file that anyone can check offline: events, proofs, public keys and the program that checks them."
        ),
        gettext_noop("A file that was cut off does not open, and verify.py says so."),
        "zip",
        "application/zip",
    ),
    FormatWords(
        Format.CSV,
        "CSV",
        gettext_noop("For spreadsheets. An apostrophe stands before what one might run as a formula."),
        gettext_noop(
            "The last line is this export's own record, and counts the lines above. A file without it was cut off."
        ),
        "csv",
        "text/csv; charset=utf-8",
    ),
    FormatWords(
        Format.OCSF,
        "OCSF",
        gettext_noop("JSON Lines of the Open Cybersecurity Schema Framework 1.9, for SIEMs."),
        gettext_noop(
            "The last line is this export's own record, and counts the lines above. A file without it was cut off."
        ),
        "ocsf.jsonl",
        "application/jsonl",
    ),
)
_BY_FORMAT = {words.format: words for words in FORMATS}


def words_of(chosen: Format) -> FormatWords:
    """In the language of whoever looks."""
    words = _BY_FORMAT[chosen]
    return replace(words, label=gettext(words.label), purpose=gettext(words.purpose), end=gettext(words.end))


_NAMES = {
    Field.ACTOR: gettext_noop("actor"),
    Field.TYPE: gettext_noop("type"),
    Field.OUTCOME: gettext_noop("outcome"),
    Field.USER: gettext_noop("user"),
    Field.VEHICLE: gettext_noop("vehicle"),
    Field.CONNECTION: gettext_noop("connection"),
    Field.TICKET: gettext_noop("ticket"),
    Field.OPERATION: gettext_noop("operation"),
    Field.REQUEST: gettext_noop("request"),
    Field.SINCE: gettext_noop("since"),
    Field.UNTIL: gettext_noop("until"),
    Field.ANOMALY: gettext_noop("anomaly"),
    Field.WORD: gettext_noop("text"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """An export as its page shows it; `percent` and `left` are empty where they are not known."""

    words: FormatWords
    search: tuple[str, ...]
    is_limited: bool
    count: str
    size: int
    seq: int
    at: str
    at_iso: str
    url: str
    file_url: str
    delivered: str
    delivered_number: int
    count_number: int | None
    left: str
    standing: Standing


def export_page(row: AuditExport, standing: Standing, selection: Selection) -> ExportPage:
    return ExportPage(
        words=words_of(Format(row.format)),
        search=in_words(selection.filters),
        is_limited=selection.visible_to is not None,
        count="" if row.count is None else grouped(row.count),
        size=row.size,
        seq=row.seq,
        at=times.exact(row.at),
        at_iso=times.iso(row.at),
        url=reverse("audit-export-detail", args=[row.pk]),
        file_url=reverse("audit-export-file", args=[row.pk]),
        delivered=grouped(standing.delivered),
        delivered_number=standing.delivered,
        count_number=row.count,
        left=_left(standing.seconds_left),
        standing=standing,
    )


def in_words(filters: Filters) -> tuple[str, ...]:
    """Each condition as a line, `outcome is unknown`; nothing for the whole log."""
    return tuple(_words_of(term) for term in filters.terms)


def file_name(row: AuditExport) -> str:
    """With the number of events in it, so that whoever gets the file can count."""
    log = re.sub(r"[^A-Za-z0-9.-]+", "-", settings.AUDIT_ORIGIN).strip("-")
    count = "" if row.count is None else f"-{row.count}-events"
    made = row.at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"audit-{log}-{made}{count}.{_BY_FORMAT[Format(row.format)].ending}"


def file_type(row: AuditExport) -> str:
    return _BY_FORMAT[Format(row.format)].media_type


def _words_of(term: Term) -> str:
    name, value = gettext(_NAMES[term.field]), term.value
    match term.field:
        case Field.SINCE | Field.UNTIL:
            words = gettext("not %(name)s %(value)s") if term.is_excluded else gettext("%(name)s %(value)s")
        case Field.WORD:
            words = (
                gettext("ticket, note or an id does not hold “%(value)s”")
                if term.is_excluded
                else gettext("ticket, note or an id holds “%(value)s”")
            )
        case Field.TICKET if not value.startswith("="):
            words = (
                gettext("ticket does not hold “%(value)s”") if term.is_excluded else gettext("ticket holds “%(value)s”")
            )
        case _:
            words = gettext("%(name)s is not %(value)s") if term.is_excluded else gettext("%(name)s is %(value)s")
    return words % {"name": name, "value": value.removeprefix("=") if term.field is not Field.WORD else value}


def _left(seconds: int | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        count = max(seconds, 1)
        return ngettext("about %(count)s second left", "about %(count)s seconds left", count) % {"count": count}
    minutes = round(seconds / 60)
    return ngettext("about %(count)s minute left", "about %(count)s minutes left", minutes) % {"count": minutes}
