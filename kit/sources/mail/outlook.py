"""Outlook's export of a folder as CSV: what was written and by whom; it does not say when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.messages import message, message_n
from kit.sources import frames
from kit.sources.detect.headers import match_header
from kit.sources.detect.presets import presets
from kit.sources.file_log import FileLog, Read, Rejection
from kit.sources.mail import parse
from kit.sources.tabular.reader import origin, wrong_width
from kit.sources.text import cells
from kit.tables import MAILS

if TYPE_CHECKING:
    from kit.settings import Settings
    from kit.sources.detect.headers import Match
    from kit.sources.text.grid import Grid

CANNOT = message(
    "this kind of export has no dates, Message-IDs or threads, so it cannot show how often or how fast anybody "
    "wrote. Export the folder as PST and unpack it with readpst -e, or export it as EML"
)


def recognised(grid: Grid) -> Match | None:
    """The header of such an export and what the preset makes of it, or None."""
    if not grid.rows:
        return None
    candidates = (preset for preset in presets() if preset.shape == "mailbox" and preset.recognise.headers)
    return next((match for preset in candidates if not (match := match_header(preset, grid.rows[0])).missing), None)


def read(grid: Grid, match: Match, settings: Settings) -> Read:
    """Read the messages of one export into `mails`."""
    firm = parse.Firm.of(settings["own_domains"], settings["own_addresses"])
    places = [list(map(str.casefold, match.header)).index(name.casefold()) for name in _recipients(match)]
    kept: list[tuple[int, dict[str, Any]]] = []
    rejections: list[Rejection] = []
    exchange = 0
    for row in grid.rows[1:]:
        if row.fault or len(row.cells) < len(match.header):
            fault = row.fault or wrong_width(row, len(match.header))
            rejections.append(Rejection.of(grid.file, row.line, None, fault))
            continue
        values = {name: row.cells[at] for name, at in match.columns.items()}
        sender = next(iter(parse.addresses(str(values.get("from_key") or ""))), None)
        exchange += sender is None and bool(values.get("from_key"))
        others = [address for at in places for address in parse.addresses(str(row.cells[at] or ""))]
        body = str(values.get("body_text") or "").replace("\r\n", "\n").strip()
        row_values = {
            "subject": cells.text(values.get("subject")),
            "body_text": body[: parse.LONGEST] or None,
            "labels": parse.labels(str(values.get("labels") or "").replace(";", ",")),
        }
        kept.append((row.line, row_values | parse.sides(sender, others, firm)))
    internal = message_n(
        "{n} sender is known only by an Exchange name, which is not an address",
        "{n} senders are known only by an Exchange name, which is not an address",
        exchange,
        n=str(exchange),
    )
    log = FileLog(
        grid.file,
        "read",
        match.why,
        preset=match.preset.name,
        table=MAILS.name,
        encoding=grid.encoding,
        separator=grid.separator,
        header=match.header,
        rows_read=len(kept) + len(rejections),
        rows_kept=len(kept),
        unmapped=tuple(name for name in match.unmapped if name not in _recipients(match)),
        notes=(*grid.notes, CANNOT, *([internal] if exchange else []), *([] if firm else [parse.ASK])),
        rejections=tuple(rejections),
    )
    return Read(log, {MAILS.name: frames.frame(MAILS, origin(match.preset, grid.file, kept))})


def _recipients(match: Match) -> list[str]:
    header = {name.casefold() for name in match.header}
    return [name for name in match.preset.columns["to_domains"] if name.casefold() in header]
