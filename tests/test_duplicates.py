"""Exports that hold a thing twice: in every table it counts once by its id, or the file says how many rows repeat."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

import kit
from kit import counts
from kit.sources.text.addresses import contact_key
from kit.tables import TABLES
from tests import exports, small

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kit.store import Data

Rows = list[list[Any]]
Files = dict[str, tuple[Rows, str]]

MONTHS = range(1, 10)


def monthly(row: Callable[[int], list[Any]]) -> Rows:
    """Two rows a month, from January to September 2026."""
    return [row(number) for number in range(2 * len(MONTHS))]


def day(number: int) -> str:
    return f"2026-{number // 2 + 1:02d}-{5 + number % 2:02d}"


def address(number: int) -> str:
    return f"p{number}@example.com"


NUMBERED: dict[str, tuple[list[str], Rows]] = {
    "campaigns": (
        ["Campaign ID", "Campaign", "Date", "Sent", "Delivered", "Opened", "Clicked"],
        monthly(lambda n: [f"id{n}", f"News {n}", f"{day(n)} 10:00", 1000 + n, 990 + n, 300 + n, 30 + n]),
    ),
    "campaigns by name": (
        ["Campaign", "Date", "Sent", "Delivered", "Opened", "Clicked"],
        monthly(lambda n: [f"News {n}", f"{day(n)} 10:00", 1000 + n, 990 + n, 300 + n, 30 + n]),
    ),
    "months": (
        ["Month", "Sent", "Delivered", "Opened", "Clicked"],
        [[f"2026-{month:02d}", 1000 + month, 990 + month, 300, 30] for month in MONTHS],
    ),
    "contacts": (
        ["Email", "Status", "Subscribed at"],
        monthly(lambda n: [address(n), "unsubscribed" if n % 5 == 0 else "subscribed", day(n)]),
    ),
    "appointments": (
        ["Booking ID", "Email", "Appointment Date", "Price"],
        monthly(lambda n: [f"b{n}", address(n % 7), f"{day(n)} 09:30", 40 + n]),
    ),
    "orders": (
        ["Order ID", "Email", "Order Date", "Total"],
        monthly(lambda n: [f"o{n}", address(n % 7), f"{day(n)} 09:30", 50 + n]),
    ),
    "tickets": (
        ["Ticket ID", "Email", "Created At", "Resolved At", "Channel"],
        monthly(lambda n: [f"t{n}", address(n % 7), f"{day(n)} 09:30", f"{day(n)} 15:00", "email"]),
    ),
    "freshdesk": (
        [
            "Ticket ID",
            "Subject",
            "Status",
            "Priority",
            "Source",
            "Type",
            "Created time",
            "Due by Time",
            "Resolved time",
            "Closed time",
            "Last update time",
            "Initial response time",
            "Time tracked",
            "First response time (in hrs)",
            "Resolution time (in hrs)",
            "Agent interactions",
            "Customer interactions",
            "Resolution status",
            "First response status",
            "Tags",
            "Survey results",
            "Full name",
            "Email",
        ],
        monthly(
            lambda n: [
                n,
                "Oil",
                "Closed",
                "Low",
                "Email",
                "",
                f"{day(n)} 09:30:00",
                "",
                f"{day(n)} 15:00:00",
                f"{day(n)} 15:00:00",
                f"{day(n)} 15:00:00",
                f"{day(n)} 10:00:00",
                "",
                "0:30:00",
                "5:30:00",
                1,
                1,
                "",
                "",
                "",
                "",
                "",
                address(n % 7),
            ]
        ),
    ),
    "deals": (
        ["Deal ID", "Deal Name", "Email", "Stage", "Amount", "Created", "Closed"],
        monthly(lambda n: [f"d{n}", f"Deal {n}", address(n % 7), "Won", 500 + n, day(n), day(n)]),
    ),
    "amoCRM": (
        [
            "ID",
            "Название сделки",
            "Бюджет",
            "Ответственный",
            "Дата создания сделки",
            "Дата закрытия",
            "Этап сделки",
            "Воронка",
            "Полное имя контакта",
            "Рабочий email",
        ],
        monthly(
            lambda n: [
                700 + n,
                f"Сделка {n}",
                500 + n,
                "",
                f"{day(n)} 10:00",
                "",
                "Успешно реализовано",
                "Сервис",
                "",
                address(n % 7),
            ]
        ),
    ),
    "payments": (
        ["Payment ID", "Email", "Payment Date", "Amount", "Currency"],
        monthly(lambda n: [f"pay{n}", address(n % 7), f"{day(n)} 09:30", 20 + n, "EUR"]),
    ),
    "Stripe": (
        [
            "id",
            "Created (UTC)",
            "Amount",
            "Amount Refunded",
            "Currency",
            "Fee",
            "Status",
            "Customer ID",
            "Customer Email",
            "Captured",
        ],
        monthly(
            lambda n: [
                f"ch_{n}",
                f"{day(n)} 09:30",
                f"{20 + n}.00",
                "0.00",
                "eur",
                "0.50",
                "Paid",
                f"cus_{n % 7}",
                address(n % 7),
                "true",
            ]
        ),
    ),
    "Typeform": (
        ["#", "How satisfied are you, from 1 to 5?", "Email", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"],
        monthly(lambda n: [f"r{n}", n % 5 + 1, address(n), f"{day(n)} 09:29:00", f"{day(n)} 09:30:00", f"n{n}"]),
    ),
    "answers with an id": (
        ["Submission ID", "Date", "How satisfied are you?", "How satisfied are you with the price?"],
        monthly(lambda n: [f"s{n}", f"{day(n)} 09:30", n % 5 + 1, n % 4 + 1]),
    ),
    "SurveyMonkey": (
        [
            "Respondent ID",
            "Collector ID",
            "Start Date",
            "End Date",
            "IP Address",
            "Email Address",
            "How satisfied are you?",
        ],
        monthly(
            lambda n: [11_000_000_000 + n, 4, "01/31/2026 03:24:15 PM", f"{day(n)} 09:30", "", address(n), n % 5 + 1]
        ),
    ),
    "Delighted": (
        ["id", "person", "survey_type", "score", "comment", "created_at"],
        monthly(lambda n: [9_000 + n, address(n % 7), "csat", n % 5 + 1, "", f"{day(n)} 09:30"]),
    ),
    "assignments": (
        ["Email", "Arm", "Experiment", "Assigned At"],
        monthly(lambda n: [address(n), "holdout" if n % 3 == 0 else "mail", "spring", day(n)]),
    ),
}
"""Tables whose rows have an id, a person or a name: what stands in them twice counts once, however it came there."""

UNNUMBERED: dict[str, tuple[list[str], Rows]] = {
    "orders by line": (
        ["Order ID", "Email", "Order Date", "Total", "Product"],
        monthly(lambda n: [f"o{n // 2}", address(n // 2), f"{day(n // 2 * 2)} 09:30", 50 + n, f"Oil {n}"]),
    ),
    "orders": (
        ["Email", "Order Date", "Total"],
        monthly(lambda n: [address(n % 7), day(n), 50 + n]),
    ),
    "bookings": (
        ["Email", "Action", "Date", "Value"],
        monthly(lambda n: [address(n % 7), "appointment", f"{day(n)} 09:30", 40 + n]),
    ),
    "surveys": (
        ["Email", "Date", "CSAT", "Comment"],
        monthly(lambda n: [address(n), f"{day(n)} 09:30", n % 5 + 1, "" if n % 2 else f"Fine {n}"]),
    ),
    "costs": (
        ["Month", "Cost Item", "Amount"],
        monthly(lambda n: [day(n)[:7], "Sending" if n % 2 else "Copywriting", 300 + n]),
    ),
    "usage": (
        ["Account ID", "Date", "Metric", "Value"],
        monthly(lambda n: [f"a{n % 3}", day(n), "logins", 10 + n]),
    ),
}
"""Tables whose rows have none, or are lines of one: evident copies count once, else the file says how many repeat."""

EVERY = [
    *((name, *table, "numbered") for name, table in NUMBERED.items()),
    *((name, *table, "") for name, table in UNNUMBERED.items()),
]


def third(rows: Rows) -> int:
    """Rows of three of the nine months."""
    return len(rows) // 3


def pasted(rows: Rows) -> Files:
    return {"a.csv": ([*rows, *rows[1:]], ",")}


def pasted_in_part(rows: Rows) -> Files:
    return {"a.csv": ([*rows, *rows[1 : third(rows) + 1]], ",")}


def sorted_after_pasting(rows: Rows) -> Files:
    return {"a.csv": ([rows[0], *(row for row in rows[1:] for _ in range(2))], ",")}


def overlapping(rows: Rows) -> Files:
    """January to June and April to September."""
    return {"a.csv": (rows[: -third(rows)], ","), "b.csv": ([rows[0], *rows[third(rows) + 1 :]], ",")}


def written_otherwise(rows: Rows) -> Files:
    return {"a.csv": (rows, ","), "b.csv": ([row[::-1] for row in rows], ";")}


def sorted_copy(rows: Rows) -> Files:
    return {"a.csv": (rows, ","), "b.csv": ([rows[0], *rows[:0:-1]], ",")}


def as_a_workbook(rows: Rows) -> Files:
    return {"a.csv": (rows, ","), "b.xlsx": ([[cell if cell != "" else None for cell in row] for row in rows], "")}


EVIDENT = [pasted, overlapping, written_otherwise, sorted_copy, as_a_workbook]
"""Ways to hold rows twice in which even rows without an id show it."""


def read(folder: Path, files: Files) -> Data:
    folder.mkdir()
    small.settings(folder, 'time_zone = "UTC"', 'currency = "EUR"')
    for name, (rows, separator) in files.items():
        if name.endswith(".xlsx"):
            exports.workbook(folder, name, {"A": rows})
        else:
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter=separator).writerows(rows)
    return kit.open(folder)


def totals(data: Data) -> dict[str, Any]:
    """Of each table the rows, the sums of its numbers and the people; of mail the counts of campaigns."""
    sums: dict[str, Any] = {}
    for name, table in TABLES.items():
        frame = data.table(name)
        if not frame.empty and name not in ("campaigns", "campaign_stats"):
            numbers = [column.name for column in table.columns if column.type in ("int", "float")]
            people = frame["contact_key"].nunique() if "contact_key" in frame else 0
            sums[name] = (len(frame), people, *frame[numbers].astype("float64").sum().round(2))
    if len(data.campaigns):
        mail = counts.messages(data, [], kind="")[["campaigns", "sent", "delivered", "opened", "clicked"]]
        sums["mail"] = (len(data.campaigns), *mail.iloc[0])
    return sums


@pytest.mark.parametrize(
    ("name", "header", "rows", "numbered"), EVERY, ids=[f"{name} {numbered}" for name, _, _, numbered in EVERY]
)
def test_what_stands_in_exports_twice_counts_once_or_is_named(
    tmp_path: Path, name: str, header: list[str], rows: Rows, numbered: str
) -> None:
    whole = read(tmp_path / "once", {"a.csv": ([header, *rows], ",")})
    (log,) = whole.files[:1]
    assert (log.status, log.rows_kept, log.rows_repeated) == ("read", len(rows), 0), name
    expected = totals(whole)
    for again in (*EVIDENT, pasted_in_part, sorted_after_pasting):
        data = read(tmp_path / again.__name__, again([header, *rows]))
        sentences = list(said(data))
        for log in data.files:
            assert log.rows_read == log.rows_kept + log.rows_left_out
        if numbered or again in EVIDENT:
            assert totals(data) == expected, again
            assert any("once" in sentence or "the same rows as" in sentence for sentence in sentences), again
        else:
            repeated = third(rows) if again is pasted_in_part else len(rows)
            assert any(
                sentence.startswith(f"{repeated} of its rows are identical to other rows") for sentence in sentences
            ), again
            assert data.files[0].rows_kept == len(rows) + repeated


def said(data: Data) -> Iterator[str]:
    for log in data.files:
        yield str(log.why)
        yield from map(str, log.notes)
    yield from data.notes


def test_an_address_in_two_cases_is_one_person_in_the_latest_state(tmp_path: Path) -> None:
    rows = [["Anna@Example.com", "subscribed", "2026-01-05"], ["anna@example.com", "unsubscribed", "2026-03-01"],
            ["bob@example.com", "subscribed", "2026-01-06"], ["BOB@EXAMPLE.COM", "subscribed", "2026-01-06"],
            [" carla@example.com ", "subscribed", "2026-02-01"]]  # fmt: skip
    data = read(tmp_path / "in", {"a.csv": ([["Email", "Status", "Subscribed at"], *rows], ",")})
    people = data.table("contacts").set_index("email")["status"].to_dict()
    assert people == {"anna@example.com": "unsubscribed", "bob@example.com": "subscribed",
                      "carla@example.com": "subscribed"}  # fmt: skip
    (log,) = data.files[:1]
    assert (log.rows_read, log.rows_kept, log.rows_repeated) == (5, 3, 2)
    assert (
        "2 of its rows are about people who are in other rows too; each person counts once, with the latest status"
    ) in log.notes


def test_the_real_list_in_two_cases_holds_four_people(shared: Path, tmp_path: Path) -> None:
    text = (shared / "field" / "P13_mixed_case" / "subscribers.csv").read_text(encoding="utf-8")
    exports.write(tmp_path, "subscribers.csv", text)
    status = kit.open(tmp_path).table("contacts")["status"]
    assert (len(status), (status == "unsubscribed").sum(), (status == "subscribed").sum()) == (4, 1, 3)


SERIES = [["Campaign ID", "Campaign", "Date", "Sent", "Opened"],
          ["C1", "Wave 1", "2026-01-05", 1200, 350], ["C2", "Promo", "2026-01-12", 850, 216],
          ["C1", "Wave 2", "2026-02-05", 1100, 367], ["C2", "Again", "2026-02-12", 780, 249]]  # fmt: skip


def test_one_campaign_id_over_several_mails_is_several_mails(tmp_path: Path) -> None:
    data = read(tmp_path / "in", {"a.csv": (SERIES, ",")})
    mails = counts.messages(data, ["campaign_name", "month"]).set_index("campaign_name")
    assert mails["sent"].to_dict() == {"Wave 1": 1200, "Promo": 850, "Wave 2": 1100, "Again": 780}
    assert mails["month"].to_dict() == {
        "Wave 1": "2026-01",
        "Promo": "2026-01",
        "Wave 2": "2026-02",
        "Again": "2026-02",
    }
    assert data.notes == (
        "a.csv: 4 e-mails share campaign ids but differ in day, name or subject; each counts as a separate e-mail",
    )


def test_mails_of_one_campaign_id_in_a_later_export_are_the_same_mails(tmp_path: Path) -> None:
    later = [SERIES[0], *([*row[:4], row[4] + 5] for row in SERIES[:2:-1]), ["C1", "Wave 3", "2026-03-05", 900, 890]]
    data = read(tmp_path / "in", {"a.csv": (SERIES, ","), "b.csv": ([row[::-1] for row in later], ";")})
    (row,) = counts.messages(data, []).to_dict("records")
    assert (row["campaigns"], row["sent"]) == (5, 1200 + 850 + 1100 + 780 + 900)


def test_subjects_tell_the_mails_of_one_campaign_id_and_day_apart(tmp_path: Path) -> None:
    header = ["Campaign ID", "Campaign", "Subject", "Date", "Sent", "Opened"]
    weeks = [[7, "After the order", f"Day {at}", f"2026-01-{5 + 7 * week:02d}", 100 + at, 30]
             for week in range(3) for at in (3, 4, 6)]  # fmt: skip
    data = read(tmp_path / "in", {"a.csv": ([header, *weeks], ",")})
    (row,) = counts.messages(data, []).to_dict("records")
    assert (row["campaigns"], row["sent"], row["opened"]) == (9, 3 * 313, 270)


def test_rows_of_one_mail_and_id_are_its_parts(tmp_path: Path) -> None:
    header = ["Campaign ID", "Campaign", "Date", "List", "Sent", "Opened"]
    rows = [["C1", "Wave", "2026-01-05", "East", 100, 30], ["C1", "Wave", "2026-01-05", "West", 50, 20]]
    (row,) = counts.messages(read(tmp_path / "in", {"a.csv": ([header, *rows], ",")}), []).to_dict("records")
    assert (row["campaigns"], row["sent"], row["opened"]) == (1, 150, 50)


def test_the_real_mails_of_three_campaign_ids_are_nine(shared: Path, tmp_path: Path) -> None:
    text = (shared / "field" / "F11_generic_campaigns" / "email_campaigns.csv").read_text(encoding="utf-8")
    exports.write(tmp_path, "campaigns.csv", text)
    small.settings(tmp_path, "day_first = true")
    months = counts.messages(kit.open(tmp_path), ["month"]).set_index("month")
    assert months["campaigns"].tolist() == [3, 3, 3]
    assert months["sent"].to_dict() == {"2024-01": 2650, "2024-02": 2430, "2024-03": 2380}
    assert months[["delivered", "unsubscribed", "bounced"]].sum().tolist() == [7204, 69, 256]


def test_the_real_templates_of_a_campaign_id_add_up(shared: Path, tmp_path: Path) -> None:
    text = (shared / "field" / "F03_customerio_metrics" / "metrics.csv").read_text(encoding="utf-8")
    exports.write(tmp_path, "metrics.csv", text)
    data = kit.open(tmp_path)
    (row,) = counts.messages(data, [], kind="").to_dict("records")
    assert [row[name] for name in ("sent", "delivered", "opened", "clicked")] == [20168, 19970, 4857, 719]
    assert data.files[0].rows_kept == 36


def test_the_real_pasted_files_count_once(shared: Path) -> None:
    data = kit.open(shared / "attack" / "pasted_twice" / "in")
    (row,) = counts.messages(data, []).to_dict("records")
    assert (row["campaigns"], row["sent"]) == (6, 6150)
    assert data.table("billing")["amount"].sum() == pytest.approx(1_001_748.48)
    assert [(log.rows_read, log.rows_kept, log.rows_repeated) for log in data.files] == [(12, 6, 6), (20, 10, 10)]
    note = "the same 10 rows appear 2 times, one block below the other; they count once"
    assert note in data.files[1].notes


def test_a_campaign_exported_again_below_itself_counts_with_its_later_counts(tmp_path: Path) -> None:
    header = ["Campaign ID", "Campaign", "Date", "Sent", "Opened", "Clicked"]
    rows = [["C1", "News", "2026-01-05", 100, 30, 3], ["C2", "Tyres", "2026-02-05", 90, 20, 2],
            ["C1", "News", "2026-01-05", 100, 34, 4]]  # fmt: skip
    data = read(tmp_path / "in", {"a.csv": ([header, *rows], ",")})
    (row,) = counts.messages(data, []).to_dict("records")
    assert (row["campaigns"], row["sent"], row["opened"], row["clicked"]) == (2, 190, 54, 6)
    assert "1 of its rows has an earlier state of a campaign than another row; the later state counts" in said(data)


@pytest.mark.parametrize("names", ["ab", "ba"])
@pytest.mark.parametrize("dated", [[], [["2026-01-05 10:00", "2026-01-06 10:00"], ["2026-01-05", "2026-01-06"]]])
def test_a_copy_with_newer_totals_is_no_second_campaign(tmp_path: Path, names: str, dated: list[list[str]]) -> None:
    old = [["Campaign", "Sent", "Delivered", "Opened"], ["News", 1000, 990, 300], ["Tyres", 900, 880, 250]]
    new = [[*row[:3], row[3] + 10 if number else row[3]] for number, row in enumerate(old)]
    if dated:
        old = [[*row, moment] for row, moment in zip(old, ["Date", *dated[0]], strict=True)]
        new = [[*row, moment] for row, moment in zip(new, ["Date", *dated[1]], strict=True)]
    files = {f"{names[0]}.csv": (old, ","), f"{names[1]}.csv": ([row[::-1] for row in new], ";")}
    data = read(tmp_path / "in", files)
    (row,) = counts.messages(data, []).to_dict("records")
    assert (row["campaigns"], row["sent"], row["opened"]) == (2, 1900, 570)
    assert data.notes == ("campaigns: 2 of a.csv, b.csv are the same; each counts once",)


def test_equal_rents_of_two_branches_count_twice_and_are_named(tmp_path: Path) -> None:
    header = ["Month", "Cost Item", "Amount"]
    rents = [[f"2026-{month:02d}", "Rent", 100] for month in MONTHS]
    for number, rows in enumerate(([*rents, *rents], sorted([*rents, *rents]))):
        data = read(tmp_path / str(number), {"a.csv": ([header, *rows], ",")})
        assert data.table("costs")["amount"].sum() == 1800
        assert any(text.startswith("9 of its rows are identical to other rows") for text in said(data))


def test_two_orders_of_one_person_day_and_amount_without_ids_are_two(tmp_path: Path) -> None:
    header = ["Email", "Order Date", "Total"]
    rows = [[address(1), "2026-01-05", 50], [address(1), "2026-01-05", 50], [address(2), "2026-01-06", 70]]
    data = read(tmp_path / "in", {"a.csv": ([header, *rows], ",")})
    assert data.table("orders")["total"].tolist() == [50, 50, 70]
    note = "1 of its rows is identical to another row and has no id. Both count; if it is a copy, remove it"
    assert note in data.files[0].notes


def test_a_payment_of_one_number_and_two_amounts_is_two(tmp_path: Path) -> None:
    header = ["Payment ID", "Email", "Payment Date", "Amount"]
    rows = [
        ["p1", address(1), "2026-01-05", 50],
        ["p1", address(1), "2026-01-05", 20],
        ["p1", address(1), "2026-01-05", 50],
    ]
    data = read(tmp_path / "in", {"a.csv": ([header, *rows], ",")})
    assert sorted(data.table("billing")["amount"]) == [20, 50]
    assert (
        "1 of its rows has the same number as another of its rows; the latest state counts once" in data.files[0].notes
    )


CUSTOMERS = ["Customer ID", "CustomerID", "Buyer User ID", "user", "username", "Customer Number", "Код клиента"]


@pytest.mark.parametrize("header", CUSTOMERS)
def test_customers_without_an_address_are_known_by_their_number(tmp_path: Path, header: str) -> None:
    rows = [["o1", "2026-01-05", "c1", 50], ["o2", "2026-02-05", "C1", 20], ["o3", "2026-02-06", "c2", 30],
            ["o4", "2026-02-07", "", 10], ["o5", "2026-02-08", "guest", 10]]  # fmt: skip
    data = read(tmp_path / "in", {"a.csv": ([["Order ID", "Order Date", header, "Total"], *rows], ",")})
    keys = data.table("orders").set_index("order_id")["contact_key"]
    assert keys["o1"] == keys["o2"] != keys["o3"]
    assert keys[["o4", "o5"]].isna().all()


def test_a_number_is_the_address_that_stands_beside_it_on_any_row(tmp_path: Path) -> None:
    header = ["Order ID", "Order Date", "Customer ID", "Email", "Total"]
    rows = [["o1", "2026-01-05", 17, address(1), 50], ["o2", "2026-02-05", 17, "", 20],
            ["o3", "2026-02-06", 18, "", 30], ["o4", "2026-02-07", "", address(1), 10],
            ["o5", "2026-02-08", 19, address(2), 10], ["o6", "2026-02-08", 19, address(3), 10],
            ["o7", "2026-02-09", 19, "", 10]]  # fmt: skip
    data = read(tmp_path / "in", {"a.csv": ([header, *rows], ",")})
    keys = data.table("orders").set_index("order_id")["contact_key"]
    assert set(keys[["o1", "o2", "o4"]]) == {contact_key(address(1))}
    assert keys["o7"] not in {keys["o5"], keys["o6"]}  # two addresses: nobody can tell whose order it is
    assert keys.nunique() == 5


def test_a_name_that_two_people_can_have_joins_nobody(tmp_path: Path) -> None:
    for header in ("User", "Customer Name"):
        rows = [["o1", "2026-01-05", "Anna Muster", 50], ["o2", "2026-02-05", "Anna Muster", 20]]
        data = read(tmp_path / header, {"a.csv": ([["Order ID", "Order Date", header, "Total"], *rows], ",")})
        assert data.table("orders")["contact_key"].isna().all()


def test_numbers_that_a_spreadsheet_cut_fold_no_orders(tmp_path: Path) -> None:
    rows = [["1,23457E+12", "02.03.2026", address(1), "1 250,00"], ["1,23457E+12", "09.03.2026", address(2), "990,50"],
            ["1,23457E+12", "10.03.2026", address(1), "10,00"], ["1,23457E+12", "09.03.2026", address(1), "15,00"],
            ["1,23458E+12", "21.03.2026", address(3), "75,25"]]  # fmt: skip
    folder = tmp_path / "in"
    folder.mkdir()
    small.settings(folder, "day_first = true", 'currency = "EUR"')
    exports.write(
        folder, "a.csv", "".join(";".join(row) + "\n" for row in [["Order ID", "Date", "Email", "Total"], *rows])
    )
    orders = kit.open(folder).table("orders")
    assert (len(orders), orders["total"].sum(), orders["contact_key"].nunique()) == (5, 2340.75, 3)


def test_the_real_orders_with_cut_numbers_are_five(shared: Path, tmp_path: Path) -> None:
    text = (shared / "field" / "P11_excel_ids" / "orders.csv").read_text(encoding="utf-8")
    exports.write(tmp_path, "orders.csv", text)
    small.settings(tmp_path, "day_first = true")
    orders = kit.open(tmp_path).table("orders")
    assert (len(orders), orders["total"].sum(), orders["contact_key"].nunique()) == (5, 4730.75, 4)


def test_the_real_orders_after_three_mails_are_credited_once(shared: Path) -> None:
    data = kit.open(shared / "field" / "P15_attribution_twice")
    (whole,) = counts.messages(data, [], window_days=7).to_dict("records")
    assert (whole["orders"], whole["revenue"]) == (10, 500)
    assert counts.messages(data, ["campaign_id"], window_days=7)["revenue"].sum() == 500


def test_of_a_plan_the_latest_counts_and_of_lists_all(tmp_path: Path) -> None:
    lines = ["email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"]
    lines += ["a@example.org,false,,other,false,2024-01-01T10:00:00.000Z,"]
    lines += ["A@example.org,true,,monthly,false,2024-05-01T10:00:00.000Z,2024-05-02T10:00:00.000Z"]
    exports.write(tmp_path, "email_list.pub.csv", "\n".join(lines) + "\n")
    assert kit.open(tmp_path).table("contacts")["segment"].tolist() == ["paying"]
    exports.write(tmp_path, "email_list.pub.csv", "Email,Segment\na@example.org,new\nA@example.org,fleet\n")
    (segments,) = kit.open(tmp_path).table("contacts")["segment"]
    assert set(segments.split(", ")) == {"new", "fleet"}
