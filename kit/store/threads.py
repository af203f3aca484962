"""Correspondence: every message between customers and the firm once, in its thread, whatever box it lay in.

Messages of mail are joined by their ids (Message-ID, In-Reply-To, References; RFC 5322, 3.6.4), also through messages
that nobody has. A message that names none is put behind the latest one that its provider, or its subject and its
person within a month, put it with.
"""

# ruff: noqa: S608  the only words in the queries are file names and a checked zone, and they go through `literal`

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kit.messages import message_n
from kit.sources.logs.projection import literal
from kit.tables import CORRESPONDENCE, MAILS, TICKET_MESSAGES

if TYPE_CHECKING:
    from pathlib import Path

    from kit.messages import Text
    from kit.settings import Settings
    from kit.store.engine import Engine

DAYS = 30
"""Days within which two messages of one subject and person are one thread, where ids are missing."""

PEOPLE = 3
"""So many people answer a message that nobody has: then it was sent to many, and is no thread of theirs."""

_REPLY = (
    r"^((re|aw|wg|fwd?|sv|vs|antw|odp|rif|res?p|tr|vl|ynt|ответ|отв|на|пересл|回复|答复|转发|回覆)"
    r"(\[\d+\]|\(\d+\))?\s*[:：]\s*)+"
)
"""What programs put before the subject of an answer."""

_MAILS = f"""
CREATE TABLE mail AS SELECT row_number() OVER () - 1 AS number, filename, file_row_number, source, message_id,
  thread_id, in_reply_to, "references", direction, contact_key, coalesce(received_at, sent_at) AS moment,
  coalesce(in_reply_to, '') = '' AND coalesce("references", '') = '' AS rootless,
  regexp_matches(lower(trim(coalesce(subject, ''))), '{_REPLY}') OR message_id IS NULL AS answers,
  regexp_replace(lower(trim(coalesce(subject, ''))), '{_REPLY}', '') AS base,
  CASE WHEN is_autoreply THEN 'automatic' WHEN is_bulk THEN 'campaign'
    WHEN direction = 'out' AND message_id IN (
      SELECT bounced_id FROM read_parquet({{files}}) WHERE bounced_id IS NOT NULL) THEN 'bounced'
    ELSE 'person' END AS kind
FROM read_parquet({{files}}, filename = true, file_row_number = true)
"""
"""Without the texts, which are many times the rest."""

_NAMED = """
CREATE TABLE named AS SELECT DISTINCT number, hash(id) AS id, id = message_id AS held FROM (
  SELECT number, message_id, unnest(list_filter(
    [message_id, in_reply_to] || string_split(coalesce("references", ''), ' '), id -> coalesce(id, '') <> '')) AS id
  FROM mail)
"""

_SENT_TO_MANY = f"""
CREATE TABLE apart AS
  SELECT named.id FROM named JOIN mail USING (number) WHERE held AND kind = 'campaign'
  UNION SELECT id FROM named JOIN mail USING (number)
    GROUP BY id HAVING NOT coalesce(bool_or(held), false) AND count(DISTINCT contact_key) >= {PEOPLE}
"""

_FALLBACK = f"""
SELECT number, before, 'provider' AS how FROM (
  SELECT number, rootless, lag(number) OVER (
    PARTITION BY source, thread_id, CASE WHEN thread_id LIKE 'outlook:%' THEN contact_key END
    ORDER BY moment, number) AS before
  FROM mail WHERE thread_id IS NOT NULL AND kind <> 'campaign') WHERE rootless AND before IS NOT NULL
UNION ALL
SELECT number, before, 'subject' FROM (
  SELECT number, rootless AND answers AS lost, moment, lag(number) OVER person AS before,
    lag(moment) OVER person AS earlier
  FROM mail WHERE base <> '' AND contact_key IS NOT NULL AND moment IS NOT NULL AND kind <> 'campaign'
  WINDOW person AS (PARTITION BY base, contact_key ORDER BY moment, number))
WHERE lost AND before IS NOT NULL AND moment - earlier <= INTERVAL {DAYS} DAY
"""

_COLUMNS = ", ".join(f'"{name}"' for name in CORRESPONDENCE.names)
_TEXT = "CASE WHEN direction = 'in' AND kind = 'person' THEN body_text END AS body_text"
_NTH = "row_number() OVER (PARTITION BY {thread} ORDER BY {moment}, direction, message_id)"

_OF_MAIL = f"""
SELECT {_COLUMNS} FROM (
  SELECT 'mail:' || thread AS thread_id, message_id, 'mail' AS channel, moment AS occurred_at,
    timezone({{zone}}, moment) AS occurred_local, direction, kind, contact_key, mailbox,
    CASE direction WHEN 'in' THEN from_domain
      ELSE list_filter(string_split(to_domains, ' '), name -> NOT list_contains(ours, name))[1] END AS domain,
    CASE WHEN direction = 'out' THEN from_key END AS agent, how AS joined_by, number IN (
      SELECT number FROM (
        SELECT number, {_NTH.format(thread="thread", moment="moment")} AS nth
        FROM mail JOIN threads USING (number) WHERE kind = 'person') WHERE nth = 1) AS begins, {_TEXT}
  FROM (
    SELECT * FROM read_parquet({{files}}, filename = true, file_row_number = true)
      JOIN (SELECT filename, file_row_number, moment, kind, thread, how, number FROM mail JOIN threads USING (number))
        USING (filename, file_row_number)),
    (SELECT coalesce(list(DISTINCT from_domain), []) AS ours FROM read_parquet({{files}}) WHERE direction = 'out'))
"""

_OF_HELP_DESK = f"""
SELECT {_COLUMNS} FROM (
  SELECT *, kind = 'person' AND
    {_NTH.format(thread="thread_id, kind = 'person'", moment="occurred_local")} = 1 AS begins
  FROM (
    SELECT 'ticket:' || ticket_id AS thread_id, message_id, 'help desk' AS channel, {{instant}} AS occurred_at,
      sent_local AS occurred_local, direction, CASE WHEN is_autoreply THEN 'automatic' ELSE 'person' END AS kind,
      contact_key, mailbox, domain, CASE WHEN direction = 'out' THEN agent END AS agent, 'ids' AS joined_by, {_TEXT}
    FROM read_parquet({{files}}) WHERE ticket_id IS NOT NULL))
"""


def build(engine: Engine, place: Path, settings: Settings) -> list[Text]:
    """Write `correspondence` from the mail and the messages of help desks of a store; notes of what was guessed.

    Args:
        engine: a session.
        place: the store.
        settings: the folder's, for the zone.
    """
    zone = settings["time_zone"]
    written = literal(zone or "UTC")
    parts = {
        name: f"[{', '.join(literal(str(path)) for path in sorted(place.glob(f'{name}/*.parquet')))}]" for name in _READ
    }
    selects, notes = [], []
    if parts[MAILS.name] != _NONE:
        engine.run(_MAILS.format(files=parts[MAILS.name]))
        notes = _join(engine)
        selects.append(_OF_MAIL.format(zone=written, files=parts[MAILS.name]))
    if parts[TICKET_MESSAGES.name] != _NONE:
        instant = f"timezone({written}, sent_local)" if zone else "CAST(NULL AS TIMESTAMPTZ)"
        selects.append(_OF_HELP_DESK.format(files=parts[TICKET_MESSAGES.name], instant=instant))
    if selects:
        out = place / CORRESPONDENCE.name
        out.mkdir()
        engine.run(f"COPY ({' UNION ALL '.join(selects)}) TO {literal(str(out / '0.parquet'))} (FORMAT parquet)")
    for table in ("mail", "named", "apart", "threads") if parts[MAILS.name] != _NONE else ():
        engine.run(f"DROP TABLE {table}")
    return notes


_READ, _NONE = (MAILS.name, TICKET_MESSAGES.name), "[]"


def _join(engine: Engine) -> list[Text]:
    """Make the table `threads` (number, thread, how) of the table `mail`."""
    engine.run(_NAMED)
    engine.run(_SENT_TO_MANY)
    ((n,),) = engine.rows("SELECT count(*) FROM mail")
    by_ids = engine.columns(
        "SELECT number, dense_rank() OVER (ORDER BY id) - 1 AS id FROM named WHERE id NOT IN (SELECT id FROM apart)"
    )
    fallback = engine.columns(_FALLBACK)
    nodes = n + (int(by_ids["id"].max()) + 1 if by_ids["id"].size else 0)
    joined = components(
        nodes,
        np.concatenate([by_ids["number"], fallback["number"]]),
        np.concatenate([by_ids["id"] + n, fallback["before"]]),
    )[:n]
    how = np.full(n, "ids", dtype=object)
    for name in ("subject", "provider"):
        how[fallback["number"][fallback["how"] == name]] = name
    threads = pa.table({"number": np.arange(n), "thread": joined, "how": how})
    with engine.registered("joined", threads):
        engine.run("CREATE TABLE threads AS SELECT * FROM joined")
    guessed = int((how == "subject").sum())
    note = message_n(
        "{n} e-mail does not name the e-mail that it answers; it was put into a thread by subject and person",
        "{n} e-mails do not name the e-mail that they answer; they were put into threads by subject and person",
        guessed,
    )
    return [note] if guessed else []


def components(n: int, one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The component of each of n nodes, by its smallest node; `one` and `other` are the two ends of each edge.

    By hooking the larger root under the smaller, and pointing each node at its root (Shiloach & Vishkin 1982,
    doi:10.1016/0196-6774(82)90008-6): a few passes over whole arrays, also for chains of thousands.
    """
    root = np.arange(n)
    while True:
        a, b = root[one], root[other]
        low, high = np.minimum(a, b), np.maximum(a, b)
        apart = low != high
        if not apart.any():
            return root
        np.minimum.at(root, high[apart], low[apart])
        while not np.array_equal(jumped := root[root], root):
            root = jumped
