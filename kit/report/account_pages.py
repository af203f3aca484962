"""A page an account of notebook 12, all from one measurement: the scores are computed once, and no notebook runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kit.errors import UsageError
from kit.messages import _
from kit.questions.customer_health import alerts, card, score
from kit.questions.requirements import unmet
from kit.report import page, quality, render
from kit.report.folder import folders
from kit.report.run import Run
from kit.show.formats import decimal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.questions.notebooks import Notebook
    from kit.store import Data

NUMBER = "12"
"""Of the notebook whose accounts have pages."""


@dataclass(frozen=True)
class Accounts:
    """The accounts that get a page, and all that their pages show.

    Attributes:
        notebook: that of customer health.
        values: its parameters as used.
        data: what `kit.open` returned.
        scores: of all accounts.
        alerts: likewise.
        names: of the accounts that are red or have an open alert, the lowest score first.
    """

    notebook: Notebook
    values: dict[str, Any]
    data: Data
    scores: score.Scores
    alerts: alerts.Alerts
    names: list[str]

    def title(self, name: str) -> str:
        """An account with its colour and score, as the index names it."""
        row = next(row for row in self.scores.frame.to_dict("records") if row["account"] == name)
        words = {"account": name, "colour": score.COLOURS[row["colour"]]}
        if row["colour"] == "unknown":
            return _("{account}: {colour}", **words)
        return _("{account}: {colour}, score {score}", score=decimal(row["score"], 0), **words)

    def html(self, number: int) -> str:
        """The page of the account of this number, with its neighbours."""
        runs = [self._run(name) for name in self.names]
        written = page.page(replace(runs[number], cells=tuple(self._cells(self.names[number]))))
        before = runs[number - 1] if number else None
        after = runs[number + 1] if number + 1 < len(runs) else None
        return render.page_html(written, self._quality, before, after)

    @cached_property
    def files(self) -> list[str]:
        """The file of each page, in the order of `names`."""
        return [f"account-{folder}.html" for folder in folders(self.names)]

    @cached_property
    def _quality(self) -> quality.Quality:
        return quality.quality(self.data)

    def _run(self, name: str) -> Run:
        """What stands for the run of a notebook: the account's name is its question."""
        path = self.notebook.path.with_name(self.files[self.names.index(name)])
        about = replace(self.notebook, cover=f"# {' '.join(name.split())}", path=path)
        return Run(about, "ok", values=self.values | {"account": name})

    def _cells(self, name: str) -> list[dict[str, Any]]:
        shown = card.of(self.scores, name)
        rows = self.alerts.alerts
        open_alerts = replace(self.alerts, alerts=rows[rows["account"] == name].reset_index(drop=True))
        question, which = _("How healthy is this account?"), _("Which alerts are open?")
        lead = _("One account of the health report: its score, what changed it, and its open alerts.")
        return [
            _markdown(f"# \n{lead}"),
            _markdown(f"## {question}"),
            _code("card = customer_health.card.of(scores, account)\ncard", shown),
            _code("card.plot()", shown.plot()),
            _code("card.table()", shown.table()),
            _markdown(f"## {which}"),
            _code("alerts.table()", open_alerts.table()),
        ]


def find(notebook: Notebook, values: Mapping[str, Any], data: Data) -> Accounts:
    """Measure the health of all accounts, and choose those that get a page.

    Args:
        notebook: that of customer health.
        values: the parameters that were given.
        data: what `kit.open` returned.

    Raises:
        UsageError: the data cannot feed the notebook, or no account is red or has an open alert.
    """
    used = {name: parameter.default for name, parameter in notebook.parameters.items()} | dict(values)
    reason = unmet(notebook.requires, data)
    if reason is not None:
        raise UsageError(_("--by account: {reason}.", reason=reason))
    scores = score.measure(data, churned=used["churn"])
    raised = alerts.find(scores, horizon=used["horizon"], outcomes=used["outcomes"])
    frame = scores.frame
    names = frame.loc[(frame["colour"] == "red") | frame["account"].isin(raised.now["account"]), "account"]
    if names.empty:
        raise UsageError(_("--by account: no account is red or has an open alert."))
    return Accounts(notebook, used, data, scores, raised, list(names))


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def _code(source: str, shown: Any) -> dict[str, Any]:
    output = {"output_type": "display_data", "data": shown._repr_mimebundle_(), "metadata": {}}
    return {"cell_type": "code", "source": source, "metadata": {"tags": ["open"]}, "outputs": [output]}
