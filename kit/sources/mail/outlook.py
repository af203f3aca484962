"""Outlook's export of a folder as CSV: what was written and by whom; it does not say when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.sources import frames
from kit.sources.detect.headers import match
from kit.sources.detect.presets import presets
from kit.sources.file_log import FileLog, Read, Rejection
from kit.sources.mail import message
from kit.sources.tabular.reader import origin, wrong_width
from kit.sources.text import cells
from kit.tables import MAILS

if TYPE_CHECKING:
    from kit.settings import Settings
    from kit.sources.detect.headers import Match
    from kit.sources.text.grid import Grid

CANNOT = (
    "this kind of export has no dates, no Message-IDs and no threads: it cannot tell how often or how fast anybody "
    "wrote; export the folder as PST and unpack it with readpst -e, or as EML"
)


def recognised(grid: Grid) -> Match | None:
    """The header of such an export and what the preset makes of it, or None."""
    if not grid.rows:
        return None
    known = (one for one in presets() if one.shape == "mailbox" and one.recognise.headers)
    return next((found for one in known if not (found := match(one, grid.rows[0])).missing), None)


def read(grid: Grid, found: Match, settings: Settings) -> Read:
    """Read the messages of one export into `mails`."""
    own = message.Own.of(settings["own_domains"], settings["own_addresses"])
    places = [list(map(str.casefold, found.header)).index(name.casefold()) for name in _recipients(found)]
    kept: list[tuple[int, dict[str, Any]]] = []
    rejections: list[Rejection] = []
    exchange = 0
    for row in grid.rows[1:]:
        if row.fault or len(row.cells) < len(found.header):
            fault = row.fault or wrong_width(row, len(found.header))
            rejections.append(Rejection.of(grid.file, row.line, None, fault))
            continue
        said = {name: row.cells[at] for name, at in found.columns.items()}
        sender = next(iter(message.addresses(str(said.get("from_key") or ""))), None)
        exchange += sender is None and bool(said.get("from_key"))
        others = [one for at in places for one in message.addresses(str(row.cells[at] or ""))]
        body = str(said.get("body_text") or "").replace("\r\n", "\n").strip()
        made = {
            "subject": cells.text(said.get("subject")),
            "body_text": body[: message.LONGEST] or None,
            "labels": message.labels(str(said.get("labels") or "").replace(";", ",")),
        }
        kept.append((row.line, made | message.sides(sender, others, own)))
    internal = f"{exchange} senders are known by an Exchange name only, which is no address"
    log = FileLog(
        grid.file,
        "read",
        found.why,
        preset=found.preset.name,
        table=MAILS.name,
        encoding=grid.encoding,
        separator=grid.separator,
        header=found.header,
        rows_read=len(kept) + len(rejections),
        rows_kept=len(kept),
        unmapped=tuple(name for name in found.unmapped if name not in _recipients(found)),
        notes=(*grid.notes, CANNOT, *([internal] if exchange else []), *([] if own else [message.ASK])),
        rejections=tuple(rejections),
    )
    return Read(log, {MAILS.name: frames.frame(MAILS, origin(found.preset, grid.file, kept))})


def _recipients(found: Match) -> list[str]:
    header = {name.casefold() for name in found.header}
    return [name for name in found.preset.columns["to_domains"] if name.casefold() in header]
