"""The first page as an e-mail: HTML that every program shows, small pictures inline, no sender and no recipient yet."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from kit.messages import _
from kit.privacy import masked
from kit.show import sparkline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = "report.eml"


def write(place: Path, html: str, text: str, subject: str, pictures: Mapping[str, bytes]) -> None:
    """Write report.eml into a folder.

    Args:
        place: the folder.
        html: the message; pictures stand in it as cid:NAME@report.
        text: the same as plain text.
        subject: of the message.
        pictures: name -> PNG.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = " ".join(masked(subject).split())
    mail["X-Unsent"] = "1"  # a mail program opens it as a draft
    mail.set_content(masked(text))
    mail.add_alternative(masked(html), subtype="html")
    body = mail.get_payload()[1]  # pyright: ignore[reportIndexIssue, reportArgumentType]  of a multipart
    for name, png in pictures.items():
        body.add_related(png, "image", "png", cid=f"<{name}@report>", disposition="inline", filename=f"{name}.png")  # pyright: ignore[reportAttributeAccessIssue]
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        digest = sha256(f"{number}{html}".encode()).hexdigest()[:24]  # the same mail has the same bytes
        part.set_boundary(f"=={digest}==")
    (place / FILE).write_bytes(mail.as_bytes())


def pictures(tiles: Sequence[Mapping[str, Any]], months: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """A line for each tile whose months are known: name -> PNG."""
    drawn = {}
    for row in tiles:
        series = {name: values["value"] for name, values in months.get(row["kpi"], {}).items() if name <= row["month"]}
        if len(series) > 1:
            drawn[row["kpi"]] = sparkline.png(series, row["usual_low"], row["usual_high"])
    return drawn


def plain_text(parts: Mapping[str, Sequence[str]]) -> str:
    """Headings and their lines as plain text."""
    blocks = ["\n".join([title.upper(), "", *lines]) for title, lines in parts.items() if lines]
    return "\n\n".join(blocks) + "\n"


def heading(name: str, as_of: str) -> str:
    """The subject: the firm's or folder's name, and up to when its data knows."""
    return (
        _("Report: {name}, data up to {moment}", name=name, moment=as_of) if as_of else _("Report: {name}", name=name)
    )
