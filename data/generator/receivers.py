"""What receivers report: DMARC aggregate reports, and Gmail's figures a day."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from generator import table
from generator.people import dice
from generator.truth import ReceiverTruth

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = "service.example.com"
FIRST, DAYS = date(2026, 10, 1), 31
"""The first day, and how many there are."""
OURS, CRM, STRANGER = "192.0.2.10", "198.51.100.7", "203.0.113.66"
"""Addresses of the net: the platform (aligned), the CRM's mailer that nobody set up, and a stranger."""
BAD_DAYS = (6, 7)
"""Days of the month on which Gmail's users complained: that of a mail that was not wanted, and the one after."""
UNWANTED = "Шиномонтаж 2026"
"""The campaign of these days."""
_HEADER = ("Date", "Domain", "User Reported Spam Rate", "Domain Reputation")


def write(folder: Path, seed: int) -> ReceiverTruth:
    """Write a report a receiver and month's half, and Gmail's figures."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = dice(seed, "receivers")
    mails = {OURS: 0, CRM: 0, STRANGER: 0}
    for receiver, share in (("google.com", 0.7), ("mail.example.com", 0.3)):
        for half, begin in enumerate((FIRST, FIRST + timedelta(days=15)), 1):
            records = []
            for ip, often, aligned in ((OURS, 1500, True), (CRM, 60, False), (STRANGER, 25, False)):
                n = max(1, int(rng.gauss(often * share, often * share / 10)))
                mails[ip] += n
                records.append(_record(ip, n, aligned=aligned))
            name = f"{receiver}!{DOMAIN}!{begin:%Y%m%d}.xml.gz"
            text = _report(receiver, f"{receiver}-{half}", begin, "".join(records))
            (folder / name).write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    rows = []
    for at in range(DAYS):
        day = FIRST + timedelta(days=at)
        rate = rng.uniform(0.0032, 0.0045) if day.day in BAD_DAYS else rng.uniform(0, 0.0008)
        rows.append((day.isoformat(), DOMAIN, f"{rate:.2%}", "Medium" if day.day in BAD_DAYS else "High"))
    table.write(folder / "postmaster.csv", _HEADER, rows, encoding="utf-8")
    return ReceiverTruth(mails, aligned=(OURS,), bad_days=tuple(f"{FIRST:%Y-%m}-{n:02d}" for n in BAD_DAYS),
                         unwanted=UNWANTED)  # fmt: skip


def _record(ip: str, n: int, *, aligned: bool) -> str:
    verdict, signer = ("pass", DOMAIN) if aligned else ("fail", "mailer.example.net")
    return (
        f"<record><row><source_ip>{ip}</source_ip><count>{n}</count><policy_evaluated><disposition>none</disposition>"
        f"<dkim>{verdict}</dkim><spf>{verdict}</spf></policy_evaluated></row>"
        f"<identifiers><header_from>{DOMAIN}</header_from></identifiers>"
        f"<auth_results><dkim><domain>{signer}</domain><result>pass</result></dkim>"
        f"<spf><domain>{signer}</domain><result>pass</result></spf></auth_results></record>"
    )


def _report(receiver: str, number: str, begin: date, records: str) -> str:
    since = int(datetime(begin.year, begin.month, begin.day, tzinfo=UTC).timestamp())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<feedback><report_metadata><org_name>{receiver}</org_name><report_id>{number}</report_id>"
        f"<date_range><begin>{since}</begin><end>{since + 86_399}</end></date_range></report_metadata>"
        f"<policy_published><domain>{DOMAIN}</domain><p>none</p></policy_published>{records}</feedback>\n"
    )
