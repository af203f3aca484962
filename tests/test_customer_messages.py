"""Notebook 11: whose words are read, what they say, whether the tone changed, and what surveys say."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small

import kit
from kit.privacy import quoted
from kit.questions.customer_messages import customers, messages, own_labels, reasons, tone, topics, voice
from kit.questions.notebooks import load
from kit.questions.requirements import unmet
from kit.sources.text.addresses import contact_key, normalised
from kit.stats.misclassification import Errors
from kit.text import guide, reading

if TYPE_CHECKING:
    import numpy as np

ROOT = Path(__file__).parents[1]
PERFECT = Errors(10**6, 10**6, 10**6, 10**6)


def mail(folder: Path, letters: list[dict[str, str]], name: str = "inbox.mbox") -> None:
    texts = []
    for place, letter in enumerate(letters):
        head = {
            "Message-ID": f"<{place}@example.org>", "Date": "Mon, 03 Aug 2026 10:11:00 +0300",
            "From": "ann@example.org", "To": "help@service.example.com", "Subject": "Hello",
            "Content-Type": "text/plain; charset=utf-8",
        } | {key: value for key, value in letter.items() if key != "body"}  # fmt: skip
        lines = "\n".join(f"{key}: {value}" for key, value in head.items())
        texts.append(f"From ann@example.org Mon Aug 03 10:11:00 2026\n{lines}\n\n{letter['body']}\n")
    (folder / name).write_text("\n".join(texts), encoding="utf-8")


def firm(tmp_path: Path, *lines: str) -> Path:
    return small.settings(tmp_path, 'time_zone = "Europe/Moscow"', 'own_domains = ["service.example.com"]', *lines)


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    firm(tmp_path, "[messages]", 'engine = "words"')
    answer = "On Mon, 3 Aug 2026 at 10:11, Ann <ann@example.org> wrote:\n> This is terrible, a disgrace, I am angry."
    mail(
        tmp_path,
        [
            {"body": "Your clerk was rude to Mr Brown, call +44 20 7946 0000 or bob@example.org."},
            {"body": f"All is well again, thank you so much.\n\nBest regards,\nAnn\n\n{answer}"},
            {"body": "This is terrible.", "From": "help@service.example.com", "To": "ann@example.org"},
            {"body": "I am out of office, terrible.", "Auto-Submitted": "auto-replied"},
            {"body": "Terrible prices, unsubscribe here.", "List-Unsubscribe": "<https://example.org/u>"},
            {"body": "> This is terrible.", "From": "bob@example.org"},
            {"body": "Пришлите, пожалуйста, счёт-фактуру для бухгалтерии.", "From": "eva@example.org"},
        ],
    )
    return tmp_path


def test_only_customers_own_words_are_read(mailbox: Path) -> None:
    read = messages.read(kit.open(mailbox))
    assert sorted(read.rows["tone"]) == ["", "negative", "positive"], "quotes, ours and machines' say nothing of them"
    assert read.left_out["automatic"] == 2
    assert sorted(read.rows["language"]) == ["en", "en", "ru"]
    assert set(read.rows["month"]) == {"2026-08"}
    assert "2 automatic messages" in " ".join(read.notes())


def test_a_help_desks_messages_are_read_once_and_only_customers(tmp_path: Path) -> None:
    firm(tmp_path, "[messages]", 'engine = "words"')
    head = ["Ticket ID", "Message ID", "Direction", "Message Date", "Customer Email", "Text", "Autoreply", "Inbox"]
    lines = [
        ["1", "m1", "inbound", "2026-05-04 10:00:00", "ann@example.org", "The clerk was very rude.", "No", "A"],
        ["1", "m1", "inbound", "2026-05-04 10:00:00", "ann@example.org", "The clerk was very rude.", "No", "B"],
        ["1", "m2", "outbound", "2026-05-04 11:00:00", "ann@example.org", "That is terrible, we are sorry.", "No", "A"],
        ["2", "m3", "inbound", "2026-05-05 10:00:00", "bob@example.org", "Terrible, I am away.", "Yes", "A"],
    ]
    small.table(tmp_path, "messages.csv", head, lines)
    read = messages.read(kit.open(tmp_path))
    assert read.rows[["origin", "tone", "theme"]].to_numpy().tolist() == [["help desk", "negative", "staff"]]
    assert read.left_out["automatic"] == 1


def test_quotes_hide_addresses_numbers_and_names(mailbox: Path) -> None:
    result = topics.share_out(kit.open(mailbox))
    shown = result.table().html() + result.intents().html() + str(result.read.rows.to_dict())
    assert "rude to Mr" not in shown
    assert "rude to •••" in shown
    for secret in ("Brown", "7946", "bob@"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I think I saw Bob there.", "I think I saw ••• there."),
        ("Мастер Олег Иванов нагрубил.", "Мастер ••• нагрубил."),
        ("Card 4111 1111 1111 1111 was charged.", "Card ••• was charged."),
        ("Пишите на anna@example.org", "Пишите на •••@example.org"),
        ("我要投诉你们的服务。", "我要投诉你们的服务。"),
    ],
)
def test_a_quoted_sentence_names_nobody(sentence: str, expected: str) -> None:
    assert quoted(sentence) == expected


def test_themes_and_intents_of_a_mailbox_add_up(mailbox: Path) -> None:
    shares = topics.share_out(kit.open(mailbox)).shares
    for kind in ("theme", "intent"):
        of_kind = shares[shares["kind"] == kind]
        assert of_kind["marked"].sum() == of_kind["n"].iloc[0] == 3
    assert set(shares.loc[shares["kind"] == "theme", "name"]) == {"staff", "documents", ""}
    assert set(shares.loc[shares["kind"] == "intent", "name"]) == {"complaint", "praise", "invoice"}
    assert shares["negative_value"].isna().all(), "below five messages nothing is said of the tone of a theme"


def test_who_wrote_is_asked_for_where_nobody_says_who_we_are(tmp_path: Path) -> None:
    mail(tmp_path, [{"body": "This is terrible."}])
    read = messages.read(kit.open(tmp_path))
    assert len(read.rows) == 0
    assert "own_domains" in str(read.summary())


def test_a_guide_beside_the_settings_is_used(mailbox: Path) -> None:
    text = guide.DEFAULT.read_text(encoding="utf-8").replace(
        "themes:\n", "themes:\n  well:\n    words: {en: [all is well]}\n"
    )
    (mailbox / "ours.yaml").write_text(text, encoding="utf-8")
    assert "well" not in set(messages.read(kit.open(mailbox)).rows["theme"])
    firm(mailbox, "[messages]", 'engine = "words"', 'reading = "ours.yaml"')
    assert "well" in set(messages.read(kit.open(mailbox)).rows["theme"])


def rows(groups: list[tuple[str, str, str, int, int]]) -> messages.Messages:
    """Messages of people of their own: month, language, tone, how many people, how many messages each."""
    lines: list[dict[str, Any]] = []
    for month, language, mood, people, each in groups:
        for person in range(people * each):
            key = f"{month}{language}{mood}{person % people}"
            line = {"origin": "mail", "month": month, "day": f"{month}-15", "person": key, "tone": mood}
            lines.append(dict.fromkeys(reading.COLUMNS, "") | line | {"language": language, "score": 0.0})
    return messages.Messages(pd.DataFrame(lines), {}, "words", "words")


MONTHS = [f"2026-{month:02d}" for month in range(1, 7)]


def test_a_change_of_languages_is_no_change_of_tone() -> None:
    """20 % are negative always; Russian mail is read worse, and gives way to English."""
    known = {"ru": Errors(500, 1000, 800, 1000), "en": Errors(900, 1000, 990, 1000)}
    groups = []
    for place, month in enumerate(MONTHS):
        for language, n in (("ru", 300 if place < 3 else 50), ("en", 50 if place < 3 else 300)):
            share = 0.2 * (0.5 if language == "ru" else 0.9) + 0.8 * (0.2 if language == "ru" else 0.01)
            negative = round(n * share)
            groups += [(month, language, "negative", negative, 1), (month, language, "neutral", n - negative, 1)]
    result = tone.judge(rows(groups), known)
    assert result.change is not None
    assert result.change[1] < 0 < result.change[2]
    assert "No change is visible" in str(result.summary())
    assert result.months["corrected"].astype(float).to_numpy() == pytest.approx(0.2, abs=0.02)
    as_read = result.months["value"].to_numpy()
    assert as_read[:3].mean() - as_read[3:].mean() > 0.04, "as read it is one"


def test_a_change_is_said_with_its_span() -> None:
    groups = [
        (month, "en", mood, n, 1)
        for place, month in enumerate(MONTHS)
        for mood, n in (("negative", 10 if place < 3 else 40), ("neutral", 90 if place < 3 else 60))
    ]
    result = tone.judge(rows(groups), {"en": PERFECT})
    assert result.change is not None
    assert result.change[0] == pytest.approx(0.3, abs=0.001)
    assert "more negatively in Apr 2026 to Jun 2026 than before" in str(result.summary())


def test_many_messages_of_one_angry_person_are_no_change() -> None:
    groups = [(month, "en", "neutral", 40, 1) for month in MONTHS] + [("2026-06", "en", "negative", 1, 25)]
    change = tone.judge(rows(groups), {"en": PERFECT}).change
    independent = tone.judge(rows([*groups[:-1], ("2026-06", "en", "negative", 25, 1)]), {"en": PERFECT}).change
    assert change is not None
    assert independent is not None
    assert change[1] <= 0 < independent[1]


def test_errors_that_the_messages_refute_correct_nothing() -> None:
    """On the sample one of four others was read as negative; here one of twenty messages is, so that cannot be."""
    groups = [(month, "ru", mood, n, 1) for month in MONTHS for mood, n in (("negative", 3), ("neutral", 57))]
    result = tone.judge(rows(groups), {"ru": Errors(400, 1000, 750, 1000)})
    assert result.refuted == ("ru",)
    assert result.months["corrected"].isna().all()
    assert result.change is None
    assert any("Russian: fewer messages" in str(note) for note in result.table().notes)


def test_few_messages_and_languages_without_errors_are_not_corrected() -> None:
    few = tone.judge(rows([(month, "en", "negative", 5, 1) for month in MONTHS]), {"en": PERFECT})
    assert few.months["corrected"].isna().all()
    unknown = tone.judge(rows([(month, "en", "neutral", 50, 1) for month in MONTHS]), {"ru": PERFECT})
    assert unknown.change is None
    assert "It is unknown whether this changed" in str(unknown.summary())


AS_OF = datetime(2026, 6, 30)


def history(scores: dict[str, list[float]], *, language: str = "en") -> messages.Messages:
    """Messages of people, the first half a year ago and the second in the last weeks."""
    lines = []
    for person, values in scores.items():
        for place, value in enumerate(values):
            day = "2025-12-01" if place < len(values) / 2 else "2026-06-10"
            line = {"origin": "mail", "month": day[:7], "day": day, "person": person, "score": value}
            lines.append(dict.fromkeys(reading.COLUMNS, "") | {"language": language} | line)
    return messages.Messages(pd.DataFrame(lines), {}, "words", "words")


def test_five_messages_allow_no_trend() -> None:
    result = customers.judge(history({"a": [0.2] * 5 + [-0.3] * 5}), AS_OF)
    assert result.changes.empty
    assert "No trend can be shown" in str(result.summary())


def test_who_became_less_kind_is_named_and_who_did_not_is_not(rng: np.random.Generator) -> None:
    kind, unkind = (list(rng.normal(mean, 0.05, 10)) for mean in (0.1, -0.1))
    steady = {f"s{place}": list(rng.normal(0, 0.1, 20)) for place in range(20)}
    result = customers.judge(history({"worse": kind + unkind, "better": unkind + kind, **steady}), AS_OF)
    verdicts = result.changes.set_index("person")["verdict"]
    assert (verdicts["worse"], verdicts["better"]) == ("worse", "better")
    assert (verdicts.drop(["worse", "better"]) == "no change seen").mean() > 0.9
    assert "worse" not in result.table().frame, "the key of an address is not shown"
    assert "person" not in result.table().frame


def test_a_change_of_language_is_no_change_of_a_customer() -> None:
    russian, english = history({"a": [0.2] * 10}), history({"a": [-0.2] * 8}, language="ru")
    both = pd.concat([russian.rows.assign(day="2025-12-01"), english.rows.assign(day="2026-06-10")])
    assert customers.judge(messages.Messages(both, {}, "words", "words"), AS_OF).changes.empty


def survey(folder: Path, header: list[str], lines: list[list[Any]], name: str = "nps.csv") -> None:
    small.table(folder, name, header, lines)


NPS = ["Email", "Invited at", "Responded at", "NPS", "Scale min", "Scale max", "Comment"]


def answer(person: str, score: object, day: str = "2026-05-04", comment: str = "") -> list[Any]:
    return [
        f"{person}@example.org",
        "2026-05-01 10:00:00",
        f"{day} 10:00:00" if score != "" else "",
        score,
        0,
        10,
        comment,
    ]


def test_an_nps_survey_alone_answers_the_page(tmp_path: Path) -> None:
    """By hand: latest answers 10, 9, 8, 6, 0 of five people: (2 - 2) / 5; with a's first, a 0, (2 - 3) / 6."""
    scores = [("a", 0, "2026-04-02"), ("a", 10, "2026-05-04"), ("b", 9, "2026-05-04"), ("c", 8, "2026-05-04")]
    lines = [answer(*line) for line in [*scores, ("d", 6, "2026-05-04"), ("e", 0, "2026-05-05")]]
    survey(tmp_path, NPS, [*lines, answer("f", ""), answer("g", "")])
    data = kit.open(tmp_path)
    book = next(book for book in load() if book.number == "11")
    assert unmet(book.requires, data) is None
    line = voice.ask(data).scores.iloc[0]
    assert (line["kind"], line["n"], line["up"], line["down"], line["value"]) == ("nps", 5, 2, 2, 0.0)
    assert line["low"] < 0 < line["high"]
    assert (line["invited"], line["answered"], line["response_rate"]) == (8, 6, 0.75)
    assert (line["earlier"], line["all_answers"]) == (1, pytest.approx(-1 / 6))


@pytest.mark.parametrize("top", [4, 7])
def test_no_nps_is_made_of_another_scale(tmp_path: Path, top: int) -> None:
    lines = [[f"p{place}@example.org", "2026-05-04", place % top + 1, 1, top] for place in range(20)]
    survey(tmp_path, ["Email", "Responded at", "NPS", "Scale min", "Scale max"], lines)
    scores = voice.ask(kit.open(tmp_path)).scores
    assert scores.empty or "nps" not in set(scores["kind"])


def test_answers_older_than_a_year_and_invitations_unknown() -> None:
    given = pd.DataFrame(
        [("nps", "a", "2024-01-01", 0.0), ("nps", "b", "2026-06-01", 9.0), ("rating", "c", "2026-06-01", 3.0)],
        columns=["kind", "person", "at", "score"],
    ).assign(low=0.0, high=10.0)
    result = voice.judge(given.assign(at=pd.to_datetime(given["at"])), AS_OF, "a discount of 5 %")
    line = result.scores.iloc[0]
    assert (line["n"], line["older"], result.others) == (1, 1, 1)
    assert pd.isna(line["response_rate"])
    notes = " ".join(map(str, result.table().notes))
    assert "a discount of 5 %" in notes
    assert "1 answer uses another scale" in notes


@pytest.mark.parametrize(("kind", "scale", "scores", "share"), [
    ("csat", (1, 5), [5, 4, 3, 1], 0.5), ("ces", (1, 7), [7, 5, 4, 1], 0.5), ("csat", (1, 10), [10, 8, 7, 2], 0.5),
])  # fmt: skip
def test_satisfied_is_the_upper_part_of_the_scale(
    kind: str, scale: tuple[int, int], scores: list[int], share: float
) -> None:
    given = pd.DataFrame({"kind": kind, "person": list("abcd"), "at": pd.Timestamp("2026-06-01"), "score": scores})
    line = voice.judge(given.assign(low=scale[0], high=scale[1]), AS_OF).scores.iloc[0]
    assert line["value"] == share


def test_a_mailbox_alone_and_rated_tickets_alone_answer_the_page(mailbox: Path, tmp_path: Path) -> None:
    book = next(book for book in load() if book.number == "11")
    assert unmet(book.requires, kit.open(mailbox)) is None
    folder = tmp_path / "tickets"
    folder.mkdir()
    lines = [[f"T{place}", f"p{place}@example.org", "2026-05-04 10:00:00", place % 5 + 1] for place in range(30)]
    small.table(folder, "tickets.csv", ["Ticket ID", "Email", "Created at", "CSAT"], lines)
    data = kit.open(folder)
    assert unmet(book.requires, data) is None
    line = voice.ask(data).scores.iloc[0]
    assert (line["kind"], line["n"], line["value"]) == ("csat", 30, 0.4)


def test_scores_stand_beside_the_themes_of_comments_and_the_reasons_for_leaving(tmp_path: Path) -> None:
    """By hand: of six who write of prices one promotes and five detract; of three who left two say why."""
    small.settings(tmp_path, "[messages]", 'engine = "words"')
    scores = [10, 0, 1, 2, 3, 4]
    lines = [answer(f"p{place}", score, comment="The price is too high.") for place, score in enumerate(scores)]
    survey(tmp_path, NPS, [*lines, answer("q", 9, comment="The clerk was polite to us.")])
    left = [["a@example.org", "unsubscribed", "2026-05-01 10:00:00", "too many e-mails"]]
    left += [["b@example.org", "unsubscribed", "2026-05-02 10:00:00", "too many e-mails"]]
    left += [["c@example.org", "unsubscribed", "2026-05-02 10:00:00", ""]]
    small.table(tmp_path, "contacts.csv", ["Email", "Status", "Unsubscribed at", "Unsubscribe reason"], left)
    result = reasons.compare(kit.open(tmp_path))
    themes = result.themes.set_index("theme")
    assert (themes.loc["price", "n"], themes.loc["price", "value"]) == (6, pytest.approx(-4 / 6))
    assert pd.isna(themes.loc["staff", "value"]), "one person makes no score"
    assert result.left["n"].sum() == 3
    assert result.summary().numbers == {"n": 2, "share": 1.0}
    assert "2 of 3 people" in " ".join(map(str, result.unsubscribed().notes))


def test_scores_by_campaign_and_agent_as_far_as_the_file_tells(tmp_path: Path) -> None:
    """By hand: five of spring give 10, five of autumn 0; Ann's five tickets are all rated 5, Bob's four are too few."""
    small.settings(tmp_path, '[surveys]\nincentive = "a free check"')
    lines = [[*answer(f"p{n}", 10 if n < 5 else 0), "spring" if n < 5 else "autumn"] for n in range(10)]
    survey(tmp_path, [*NPS, "Campaign"], [*lines, [*answer("q", 5), ""]])
    rated = [
        [f"T{n}", f"t{n}@example.org", "2026-05-04 10:00:00", "2026-05-04 11:00:00", 5, "Bob" if n > 4 else "Ann"]
        for n in range(9)
    ]
    small.table(
        tmp_path, "tickets.csv", ["Ticket ID", "Email", "Created at", "First response at", "CSAT", "Agent"], rated
    )
    result = voice.ask(kit.open(tmp_path))
    groups = result.groups.set_index(["trait", "title"])
    assert groups.loc[("campaign", "spring"), ["kind", "n", "value"]].tolist() == ["nps", 5, 1.0]
    assert groups.loc[("campaign", "autumn"), "value"] == -1.0
    assert groups.loc[("agent", "Agent 1"), ["kind", "n", "value"]].tolist() == ["csat", 5, 1.0]
    assert groups.loc[("agent", "Agent 2"), "n"] == 4
    assert pd.isna(groups.loc[("agent", "Agent 2"), "value"])
    shown = result.by_group().text()
    assert not {"Ann", "Bob"} & set(shown.split())
    for said in (str(result.summary()), shown):
        assert "People were promised something for answering: a free check." in said


def test_reasons_of_lost_deals_stand_beside_those_of_unsubscribing(tmp_path: Path) -> None:
    header = ["Deal ID", "Deal Name", "Deal Stage", "Amount", "Create Date", "Close Date", "Lost reason"]
    stages = [("Closed lost", "Too expensive"), ("Closed lost", "Too expensive"), ("Closed lost", "Went to bob@x.org"),
              ("Closed lost", ""), ("Closed won", "Too expensive"), ("Negotiation", "")]  # fmt: skip
    rows = [
        [str(n), f"Repair {n}", stage, 10, "2026-03-02", "2026-03-09", why] for n, (stage, why) in enumerate(stages)
    ]
    small.table(tmp_path, "deals.csv", header, rows)
    table = reasons.compare(kit.open(tmp_path)).deals()
    assert [row[1] for row in table.data()["rows"]] == [2, 1]
    assert "3 of 4 lost deals have a reason." in table.text()
    assert "bob@x.org" not in table.text()


def test_an_export_without_messages_and_surveys_gives_a_page_that_says_so(tmp_path: Path) -> None:
    small.table(tmp_path, "poor.csv", ["Campaign", "Date", "Sent", "Delivered"], [["one", "2026-01-05", 100, 99]])
    data = kit.open(tmp_path)
    read = messages.read(data)
    shared = topics.share_out(data)
    results = [read, shared, own_labels.check(data, n=5), tone.by_month(data), customers.compare(data)]
    for result in [*results, voice.ask(data), reasons.compare(data)]:
        text = str(result.summary())
        assert "unknown" in text or text.startswith(("No ", "You have not labelled any messages yet"))
        assert not result.table().cells()
        if hasattr(result, "plot"):
            assert result.plot().alt


def test_what_is_planted_in_the_sample_is_recovered() -> None:
    """The customer who became discontent is named, and nobody else; invitations and answers are the planted ones."""
    truth = json.loads((ROOT / "tests/truth.json").read_text(encoding="utf-8"))["business"]
    data = kit.open(ROOT / "data/sample")
    changes = customers.compare(data).changes
    worse = changes[changes["verdict"] == "worse"]
    assert worse["person"].tolist() == [contact_key(normalised(truth["mail"]["worsening"]))]
    scores = voice.ask(data).scores.set_index("kind")
    for kind in ("csat", "nps"):
        assert scores.loc[kind, ["invited", "answered"]].tolist() == truth["surveys"][kind]
