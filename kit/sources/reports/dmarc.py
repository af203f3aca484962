"""The reader of DMARC aggregate reports: XML, a report a receiver and day, made into a table of its records.

A document type is refused before anything is parsed: it is what entities and outside files need, and no report has one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from kit.errors import InputError
from kit.messages import message
from kit.sources.text.grid import Grid, Row

if TYPE_CHECKING:
    from kit.sources.text.cells import Cell

HEADER = (
    "org_name", "report_id", "begin", "end", "domain", "policy", "source_ip", "count", "disposition", "dkim", "spf",
    "header_from", "envelope_from", "dkim_domain", "dkim_result", "spf_domain", "spf_result",
)  # fmt: skip
"""The names of RFC 7489, appendix C; `dkim` and `spf` say yes or no, whether the mail passed and is aligned;
`dkim_domain` and the others behind it are those of auth_results."""

_DAMAGED = message("the report is damaged or is not XML")
_AGAIN = message("Download it again.")
_REPORT = re.compile(rb"^[\s\xef\xbb\xbf]*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(?:\w+:)?feedback[\s>]", re.DOTALL)
_TYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def recognised(head: bytes) -> bool:
    """Whether a file begins as an aggregate report."""
    return bool(_REPORT.match(head))


def table(raw: bytes, name: str) -> Grid:
    """The records of a report, a row each, under HEADER.

    Args:
        raw: the file's bytes, unpacked.
        name: of the file.

    Raises:
        InputError: it has a document type, or is no whole XML.

    Source: RFC 7489, appendix C.
    """
    if _TYPE.search(raw):
        raise InputError(
            message("it declares a document type, which reports never have; it is not read"), file=name, hint=_AGAIN
        )
    try:
        root = ET.fromstring(raw)  # noqa: S314  without a document type nothing is expanded or fetched
    except ET.ParseError as error:
        raise InputError(_DAMAGED, file=name, hint=_AGAIN) from error
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    about = [
        _text(root, "report_metadata/org_name"),
        _text(root, "report_metadata/report_id"),
        _day(_text(root, "report_metadata/date_range/begin")),
        _day(_text(root, "report_metadata/date_range/end")),
        _text(root, "policy_published/domain"),
        _text(root, "policy_published/p"),
    ]
    rows = [Row(1, list(HEADER))]
    rows += [Row(number, [*about, *_record(record)]) for number, record in enumerate(root.iter("record"), 2)]
    return Grid(name, rows, encoding="utf-8", answer=True)


def _record(record: ET.Element) -> list[Cell]:
    places = (
        "row/source_ip", "row/count", "row/policy_evaluated/disposition", "row/policy_evaluated/dkim",
        "row/policy_evaluated/spf", "identifiers/header_from", "identifiers/envelope_from", "auth_results/dkim/domain",
        "auth_results/dkim/result", "auth_results/spf/domain", "auth_results/spf/result",
    )  # fmt: skip
    texts = [_text(record, place) for place in places]
    texts[3:5] = [{"": "", "pass": "yes"}.get(verdict.lower(), "no") for verdict in texts[3:5]]
    return list(texts)


def _text(node: ET.Element, place: str) -> str:
    return (node.findtext(place) or "").strip()


def _day(seconds: str) -> str:
    """The day of a time in seconds, by UTC; as it stands where it is none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return seconds
