"""What may have to be said of the rows of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.messages import message, message_n

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.messages import Message

NOTES: dict[str, Callable[..., Message]] = {
    "no_zone": lambda _: message("the time zone is unknown, so times stay as written; set time_zone in kit.toml"),
    "zone": lambda _, zone: message(
        "times without a zone are read in {zone}, the time_zone of kit.toml", zone=zone
    ),
    "unread_rates": lambda n: message_n(
        "{n} reported rate cannot be read; it is left empty",
        "{n} reported rates cannot be read; they are left empty",
        n, n=str(n),
    ),
    "several_addresses": lambda n: message_n(
        "{n} row has several addresses; the first is used",
        "{n} rows have several addresses; the first is used",
        n, n=str(n),
    ),
    "no_address": lambda n: message_n(
        "{n} row has a person without an address; it is kept without a link to a person",
        "{n} rows have a person without an address; they are kept without a link to a person",
        n, n=str(n),
    ),
    "no_currency": lambda n: message_n(
        "{n} row has no currency; set currency in kit.toml",
        "{n} rows have no currency; set currency in kit.toml",
        n, n=str(n),
    ),
    "other_currency": lambda n, name, other: message_n(
        "{name} in {n} row is in {currency}, not in the currency of its amount, and is left empty",
        "{name} in {n} rows is in {currency}, not in the currency of its amount, and is left empty",
        n, n=str(n), name=name, currency=other,
    ),
    "time_of_wait": lambda n, name, since: message_n(
        "{name} in {n} row is calculated as {since} plus the waiting time in the file",
        "{name} in {n} rows is calculated as {since} plus the waiting time in the file",
        n, n=str(n), name=name, since=since,
    ),
    "time_of_column": lambda n, name, since, column: message_n(
        "{name} in {n} row is calculated as {since} plus {column}",
        "{name} in {n} rows is calculated as {since} plus {column}",
        n, n=str(n), name=name, since=since, column=column,
    ),
    "no_wait": lambda n, column: message_n(
        "{n} cell of {column} is not a waiting time; the times themselves are used",
        "{n} cells of {column} are not waiting times; the times themselves are used",
        n, n=str(n), column=column,
    ),
    "day_order": lambda _, order, cell, line: (
        message("dates start with the day, as {cell} on line {line} shows", cell=cell, line=line)
        if order == "day"
        else message("dates start with the month, as {cell} on line {line} shows", cell=cell, line=line)
    ),
    "dotted": lambda _: message("dates with points start with the day"),
    "decimal": lambda _, mark, cell, line: (
        message("the comma is the decimal mark, as {cell} on line {line} shows", cell=cell, line=line)
        if mark == "comma"
        else message("the point is the decimal mark, as {cell} on line {line} shows", cell=cell, line=line)
    ),
    "thousands": lambda n, name: message_n(
        "{n} amount of {name} has a comma before three digits; it is read as a thousands separator",
        "{n} amounts of {name} have a comma before three digits; it is read as a thousands separator",
        n, n=str(n), name=name,
    ),
    "span": lambda n, name: message_n(
        "{n} cell of {name} contains several days; the first is used",
        "{n} cells of {name} contain several days; the first is used",
        n, n=str(n), name=name,
    ),
    "cut_ids": lambda n, name, cell, line: message_n(
        "{n} id of {name} was cut by a spreadsheet ({cell} on line {line}). It is left empty and matches nothing",
        "{n} ids of {name} were cut by a spreadsheet (first {cell} on line {line}). They are left empty and match "
        "nothing",
        n, n=str(n), name=name, cell=cell, line=line,
    ),
    "wrong_wait": lambda n, column: message_n(
        "{n} cell of {column} disagrees with the times; the times themselves are used",
        "{n} cells of {column} disagree with the times; the times themselves are used",
        n, n=str(n), column=column,
    ),
}  # fmt: skip
"""The sentences by their kind, of the number of rows and what they are about."""
