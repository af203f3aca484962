"""Made-up files in the shape of real exports, for tests of the reading side."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CAMPAIGNS = """\
Title,Subject,Audience,"Send Date","Total Recipients","Successful Deliveries","Soft Bounces","Hard Bounces",\
"Total Bounces","Unique Opens","Open Rate","Total Opens","Unique Clicks","Click Rate","Total Clicks",Unsubscribes,\
"Abuse Complaints","Unique Id","Total Orders","Total Revenue",Visits
"Brake check, spring","Are your brakes ready? ☀",Customers,"Mar 03, 2026 10:00 am","1,100",1078,12,10,22,330,30.61%,\
501,66,6.12%,80,4,0,aaaaaaaaa1,3,"1,240.50",n/a
"Tyres","Tyres, ""now"" or later",Customers,"Apr 07, 2026 05:30 pm",900,891,5,4,9,250,28.06%,380,45,5.05%,\
60,2,1,aaaaaaaaa2,0,0,n/a
"""
"""Mailchimp's campaigns export: two campaigns, a thousands comma, quotes, a comma and a sign in texts."""

_LINKS = """"URL","Total Clicks","Unique Clicks"
"https://shop.example.com/brakes?utm_campaign={id}-BRAKES&mc_cid={id}&mc_eid=UNIQID","{total}","{unique}"
"https://example.us1.list-manage.com/unsubscribe?u=0&id=0&mc_cid={id}","1","1"
"""

_STATS = """"Subject Line:","{subject}"
"From Name:","The garage"
"From Email:","garage@example.com"
"Total Recipients:","{sent}"
"Successful Deliveries:","{delivered}"
"Bounces:","{bounced} (0.5%)"
"Times Forwarded:","0"
"Forwarded Opens:","0"
"Recipients Who Opened:","{opened}"
"Total Opens:","201"
"Last Open Date:","5/9/26 17:40"
"Recipients Who Clicked:","20 (2.0%)"
"Total Clicks:","57"
"Last Click Date:","5/4/26 6:01"
"Total Unsubs:","1"
"Total Abuse Complaints:","0"
"Total Sales:","CA$12.50"
"""

REPORT = (
    """Email Campaign Report
"Title:","Brake check"
"Delivery Date/Time:","Tue, Mar 3, 2026 10:00"

"Overall Stats"
"""
    + _STATS.format(subject="Are your brakes ready?", sent="1,005", delivered="1,000", bounced=5, opened="141 (14.1%)")
    + '\n"Clicks by URL"\n'
    + _LINKS.format(id="ba5052d3e9", total=40, unique=19)
    + ","
)
"""Mailchimp's report of one campaign."""

AB_REPORT = (
    """Campaign Report
"Title:","Tyres"
"Delivery Date/Time:","Tue, Apr 7, 2026 17:30"

"Combination 1 Stats"
"""
    + _STATS.format(subject="Tyres now", sent="1,005", delivered="1,000", bounced=5, opened="141 (14.1%)")
    + '\n"Combination 2 Stats"\n'
    + _STATS.format(subject="Tyres later", sent="1,004", delivered="1,000", bounced=4, opened="125 (12.5%)")
    + '\n"Combination 1 Clicks by URL"\n'
    + _LINKS.format(id="3c2cf0ef38", total=40, unique=19)
    + '\n"Combination 2 Clicks by URL"\n'
    + _LINKS.format(id="d4516d7a73", total=30, unique=18)
    + ","
)
"""Mailchimp's report of an A/B test; the links of each combination carry an id of their own."""

MONTHS = """\
Month,Sent,Delivered,Opened,Clicked,Conversions,Unsubscribed
2026-01,4000,3900,1200,160,24,8
February 2026,4100,3990,1150,150,30,9
"""
"""A sheet that somebody keeps by hand: a row a month."""

RUSSIAN = """\
Название кампании;Тема;Сегмент;Дата отправки;Отправлено;Доставлено;Прочитано;Переходы;Отписки;Жалобы на спам;Выручка
Весна;Проверьте тормоза;Клиенты;2026-03-03 10:00;1 100;1 078;330;66;4;0;1 240,50
Шины;Пора менять шины;Клиенты;2026-04-07 17:30;900;891;250;45;2;1;0,00
"""
"""A table of mailings in Russian, with gaps in numbers and decimal commas."""


def write(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file of this content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook(folder: Path, name: str, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook of these sheets; texts inline, numbers as numbers, what begins with # as an error."""
    path = folder / name
    listed = "".join(f'<sheet name="{sheet}" sheetId="{n}" r:id="r{n}"/>' for n, sheet in enumerate(sheets, 1))
    related = "".join(f'<Relationship Id="r{n}" Type="{_SHEET}" Target="s{n}.xml"/>' for n in range(1, len(sheets) + 1))
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", f'<Types xmlns="{_TYPES}"/>')
        office = f'<Relationship Id="r1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
        book.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}">{office}</Relationships>')
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>'
        )
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{related}</Relationships>')
        for number, rows in enumerate(sheets.values(), 1):
            lines = "".join(
                f"<row>{''.join(_cell(cell, f'{chr(65 + at)}{line}') for at, cell in enumerate(row))}</row>"
                for line, row in enumerate(rows, 1)
            )
            book.writestr(f"xl/s{number}.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>')
    return path


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET = f"{_REL}/worksheet"


def _cell(value: Any, place: str) -> str:
    if value is None:
        return f'<c r="{place}"/>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    if value.startswith("#") and len(value) > 1:
        return f'<c r="{place}" t="e"><f>A1/0</f><v>{escape(value)}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
