"""What may have to be said of the rows of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.messages import message, message_n

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.messages import Message

NOTES: dict[str, Callable[..., Message]] = {
    "no_zone": lambda _: message("no time zone is known: times stay as written; say time_zone in kit.toml"),
    "zone": lambda _, zone: message(
        "times without a zone are taken as {zone}, the time_zone of kit.toml", zone=zone
    ),
    "unread_rates": lambda n: message_n(
        "{n} reported rate cannot be read; it is left empty",
        "{n} reported rates cannot be read; they are left empty",
        n, n=str(n),
    ),
    "several_addresses": lambda n: message_n(
        "{n} row names several addresses; the first is taken",
        "{n} rows name several addresses; the first is taken",
        n, n=str(n),
    ),
    "no_address": lambda n: message_n(
        "{n} row names somebody without an address; it is kept as nobody's",
        "{n} rows name somebody without an address; they are kept as nobody's",
        n, n=str(n),
    ),
    "no_currency": lambda n: message_n(
        "{n} row names no currency: say currency in kit.toml",
        "{n} rows name no currency: say currency in kit.toml",
        n, n=str(n),
    ),
    "other_currency": lambda n, name, other: message_n(
        "{name} of {n} row is in {currency}, another currency than its amount, and is left empty",
        "{name} of {n} rows is in {currency}, another currency than its amount, and is left empty",
        n, n=str(n), name=name, currency=other,
    ),
    "time_of_wait": lambda n, name, since: message_n(
        "{name} of {n} row is {since} plus the wait that the file says",
        "{name} of {n} rows is {since} plus the wait that the file says",
        n, n=str(n), name=name, since=since,
    ),
    "time_of_column": lambda n, name, since, column: message_n(
        "{name} of {n} row is {since} plus {column}",
        "{name} of {n} rows is {since} plus {column}",
        n, n=str(n), name=name, since=since, column=column,
    ),
    "no_wait": lambda n, column: message_n(
        "{n} cell of {column} is no time to wait; the times themselves are used",
        "{n} cells of {column} are no time to wait; the times themselves are used",
        n, n=str(n), column=column,
    ),
    "day_order": lambda _, order, cell, line: (
        message("dates have the day first, as {cell} on line {line} shows", cell=cell, line=line)
        if order == "day"
        else message("dates have the month first, as {cell} on line {line} shows", cell=cell, line=line)
    ),
    "dotted": lambda _: message("dates with points have the day first"),
    "decimal": lambda _, mark, cell, line: (
        message("the comma is the decimal mark, as {cell} on line {line} shows", cell=cell, line=line)
        if mark == "comma"
        else message("the point is the decimal mark, as {cell} on line {line} shows", cell=cell, line=line)
    ),
    "thousands": lambda n, name: message_n(
        "{n} amount of {name} has a comma before three digits, which is taken for thousands",
        "{n} amounts of {name} have a comma before three digits, which is taken for thousands",
        n, n=str(n), name=name,
    ),
    "span": lambda n, name: message_n(
        "{n} cell of {name} names several days; the first is taken",
        "{n} cells of {name} name several days; the first is taken",
        n, n=str(n), name=name,
    ),
    "cut_ids": lambda n, name, cell, line: message_n(
        "{n} id of {name} was cut by a spreadsheet, {cell} on line {line}: it is left empty, and joins nothing",
        "{n} ids of {name} were cut by a spreadsheet, first {cell} on line {line}: left empty, they join nothing",
        n, n=str(n), name=name, cell=cell, line=line,
    ),
    "wrong_wait": lambda n, column: message_n(
        "{n} cell of {column} is not what the times say; the times themselves are used",
        "{n} cells of {column} are not what the times say; the times themselves are used",
        n, n=str(n), column=column,
    ),
}  # fmt: skip
"""The sentences by their kind, of the number of rows and what they are about."""
