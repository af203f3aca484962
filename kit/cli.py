"""The command line: `kit check`, `kit report` and the others.

Exit status: 0 all well; 1 something could not be read, a notebook failed, or no mail was left to answer with (the
rest is still made, and the reason printed); 2 wrong usage. What a command needs is imported when it runs, so
that `kit --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from errno import EPIPE
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal

import click

from kit import __version__
from kit.errors import KitError, UsageError, need_whole_language
from kit.messages import LANGUAGES, SOURCE, _, _n, use, using
from kit.places import NAME_ANOTHER, printable, reaching, try_folder, unreachable, write_new

WRONG = 1
"""Exit status: something could not be read, a notebook failed, or there was nothing to answer with."""

USAGE = 2
"""Exit status: wrong usage."""


def _say(line: object, *, err: bool = False) -> None:
    """Print a line; of the names in it no sign reaches the terminal that it would obey."""
    click.echo(printable(str(line)), err=err)


def _show(text: str) -> None:
    """Print lines in the same way."""
    click.echo("\n".join(map(printable, text.rstrip("\n").split("\n"))))


FOLDER = click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path))
OUT = click.option("--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="The folder to write.")


def _speak(_context: click.Context, _option: click.Parameter, code: str | None) -> None:
    if code:
        use(code)


LANG = click.option(
    "--lang", type=click.Choice(LANGUAGES), expose_value=False, is_eager=True, callback=_speak,
    help="The language of what is written and said; else lang of kit.toml, else English.",
)  # fmt: skip


class _Commands(click.Group):
    """Prints what went wrong on purpose as one line, never as a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KitError as error:
            _say(f"kit: {error}", err=True)
            ctx.exit(USAGE if isinstance(error, UsageError) else WRONG)
        except OSError as error:
            if error.errno == EPIPE:  # whoever reads the output has read enough
                raise
            _say(f"kit: {unreachable(error)}", err=True)
            ctx.exit(WRONG)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kit")
def main() -> None:
    """Honest answers from e-mail campaign exports."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows not every letter shows its code


@main.command()
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--init",
    is_flag=True,
    help="First write a kit.toml beside the exports, with the likeliest answers to what would be asked.",
)
@click.option(
    "--report",
    "problem",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="In place of it, write what can be sent to ask for a preset: headers and patterns, no data.",
)
@LANG
def check(target: Path, *, as_json: bool, init: bool, problem: str | None) -> None:
    """What each file of FOLDER is, what was left out, and which questions it can answer.

    FOLDER may also be a single file.
    """
    from kit.report.check import check, start

    if init:
        path, likeliest = start(target)
        _say(_("kit: wrote {path}", path=path), err=True)
        for key, value in likeliest.items():
            _say(
                _("kit: {key} = {value} is a guess; correct it in that file if it is wrong", key=key, value=value),
                err=True,
            )
    if problem is not None:
        _report_problem(target, problem)
        return
    result = check(target)
    _show(json.dumps(result.as_data(), ensure_ascii=False, indent=1) if as_json else result.as_text())
    sys.exit(0 if result.well else WRONG)


def _report_problem(target: Path, file: str) -> None:
    from kit import store
    from kit.report.problem import report

    if file != "-":
        if Path(file).exists():
            raise UsageError(_("--report {file} already exists and was not changed.", file=file))
        try_folder(Path(file).parent, f"--report {file}")
    store.open_data(target)  # what is wrong with it is said in the reader's language, the report is English
    with using(SOURCE):
        text = report(store.open_data(target))
    if file == "-":
        _show(text)
    else:
        with reaching(Path(file), NAME_ANOTHER):
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            write_new(Path(file), text.encode())
        _say(file)


@main.command()
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path))
@LANG
def new(place: Path) -> None:
    """Make your own folder DIR: a place for exports with a commented kit.toml, and the notebooks, to be changed."""
    from kit.report import own_folder

    exports, books = own_folder.new(place)
    _say(_("{place}: put your exports here; kit.toml in it holds the settings", place=exports))
    _say(_("{place}: the notebooks are yours to change; open them with: kit lab {place}", place=books))


@main.command()
@FOLDER
@OUT
@click.option("--only", default="", metavar="03,06", help="Numbers of the notebooks to run; else all.")
@click.option("-p", "words", multiple=True, metavar="NAME=VALUE", help="A parameter of the notebooks; may be repeated.")
@click.option(
    "--against",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="An earlier report, to say what changed since; else the one that --out replaces.",
)
@click.option(
    "--by",
    metavar="list|month|type|campaign|account",
    help="One report for each list, month …, or a page for each account in trouble, and an index over all.",
)
@click.option(
    "--pdf", is_flag=True, help="Print it as one file, too, where Chromium or Chrome is installed: report.pdf."
)
@click.option("--pdf-details", is_flag=True, help="The same with what is folded on the pages.")
@click.option("--xlsx", is_flag=True, help="Write all tables as one workbook, too: report.xlsx.")
@click.option(
    "--fail-fast", is_flag=True, help="Stop with the first notebook that fails or warns; nothing is replaced."
)
@click.option(
    "--notebooks",
    "books",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Run the notebooks of this folder, which you may have changed; else the kit's own.",
)
@click.option("--resume/--fresh", default=True, help="Run only what failed or changed since; or all anew. [--resume]")
@click.option("--eml", is_flag=True, help="Write the first page as an e-mail, too: report.eml.")
@LANG
def report(
    target: Path,
    *,
    out: Path,
    only: str,
    words: tuple[str, ...],
    against: Path | None,
    by: str | None,
    books: Path | None,
    **flags: bool,
) -> None:
    """Run the notebooks that FOLDER can feed and write their pages, an index and results.json.

    FOLDER may also be a single file.
    """
    from kit.report import How, build
    from kit.report.parameters import pairs
    from kit.report.take_away import FORMS

    chosen = [word.strip() for word in only.split(",") if word.strip()]
    forms = [form for form in FORMS if flags[form.replace("-", "_")]]
    how = How(resume=flags["resume"], fail_fast=flags["fail_fast"])
    asked: dict[str, Any] = {"only": chosen, "parameters": pairs(words), "forms": forms, "how": how}
    asked |= {"notebooks": books} if books else {}
    if by is not None:
        if against is not None:
            raise UsageError(_("--against goes with one report, not with --by: each is compared with its former one."))
        sys.exit(0 if _set_of_reports(target, out, by, **asked) else WRONG)
    result = build(target, out, against=against, **asked)
    for name, reason in result.unanswered.items():
        _say(_("{name}: not answered, {reason}", name=name, reason=reason), err=True)
    failed = (f"{name}: {reason}" for name, reason in (result.failed | result.warned).items())
    for reason in filter(None, [result.empty, *result.unread.values(), *result.unused.values(), *failed]):
        _say(f"kit: {reason}", err=True)
    _say(result.path / "index.html")
    for path in result.taken:
        _say(path)
    sys.exit(0 if result.well else WRONG)


def _set_of_reports(target: Path, out: Path, by: str, **asked: Any) -> bool:
    """Make a report for each value, and say what became of them: whether all are well."""
    from kit.report import fan_out

    members = fan_out.write(target, out, by, **asked)
    for member in members:
        if member.status != "ok":
            _say(f"kit: {member.title}: {member.reason}", err=True)
    _say(out / "index.html")
    return all(member.status == "ok" for member in members)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@LANG
def reports(file: Path) -> None:
    """Make the reports that FILE, a reports.toml, asks for; for cron and timers."""
    from kit.report import build, fan_out

    well = True
    for order in fan_out.orders(file):
        asked = {"only": order.only, "parameters": order.parameters, "forms": order.forms}
        try:
            if order.by:
                well &= _set_of_reports(order.folder, order.out, order.by, **asked)
                continue
            result = build(order.folder, order.out, **asked)
        except KitError as error:  # the other reports are made all the same
            _say(f"kit: {order.out}: {error}", err=True)
            well = False
            continue
        for name, reason in (result.failed | result.warned | result.unread).items():
            _say(f"kit: {order.out}: {name}: {reason}", err=True)
        _say(order.out / "index.html")
        well &= result.well
    sys.exit(0 if well else WRONG)


@main.command()
@click.argument("finding", metavar="[FINDING]", required=False)
@click.argument("target", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="The folder for the list.")
@click.option("-p", "words", multiple=True, metavar="NAME=VALUE", help="A parameter of the finding's notebook.")
@click.option("--with-addresses", "addresses", is_flag=True, help="Write people's addresses in place of hashes.")
@LANG
def people(
    finding: str | None, target: Path | None, *, out: Path | None, words: tuple[str, ...], addresses: bool
) -> None:
    """Write the people behind a FINDING of FOLDER as CSV, as hashes; without FINDING, lists the findings."""
    from kit.report import people
    from kit.report.parameters import pairs

    need_whole_language()
    if finding is None:
        for key, entry in people.FINDINGS.items():
            _say(f"{key:<14} {entry.title}")
        return
    if target is None or out is None:
        raise UsageError(_("People are listed with both: kit people FINDING FOLDER --out DIR."))
    path, n = people.write(finding, target, out, pairs(words), addresses=addresses)
    _say(_n("{path}: {n} person", "{path}: {n} people", n, path=path))


@main.command("map")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@LANG
def map_(file: Path) -> None:
    """Propose how the columns of an unknown table map to the kit's, as YAML.

    Check the proposal, save it beside the file as FILE.map.yaml, and it is used from then on.
    """
    from kit import sources

    _show(sources.propose(file))


@main.command()
@FOLDER
@OUT
@click.option("--format", "form", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@click.option(
    "--with-addresses",
    "addresses",
    is_flag=True,
    help="Write people's addresses too, and the columns that name them: bodies and subjects of mails, comments …",
)
@click.option("--raw", is_flag=True, help="Write what no table took too; names and telephones may be in it.")
@LANG
def tables(target: Path, *, out: Path, form: Literal["parquet", "csv"], addresses: bool, raw: bool) -> None:
    """Write the canonical tables of FOLDER, for other tools, and tables.md, which says what their columns mean."""
    from kit import store
    from kit.report.quality import unread, unused
    from kit.store.export import DICTIONARY, check_place, export

    check_place(out, target)
    data = store.open_data(target)
    paths = export(data, out, form=form, addresses=addresses, raw=raw)
    for path in paths:
        _say(path)
    _say(out / DICTIONARY)
    lost = unread(data.files)
    for reason in (*lost.values(), *unused(data.files).values()):
        _say(f"kit: {reason}", err=True)
    sys.exit(WRONG if lost else 0)


@main.command()
@click.option("--empty", is_flag=True, help="Remove it; the next command reads the exports anew.")
def cache(*, empty: bool) -> None:
    """Where what was read of the exports is kept, and how large it is."""
    from kit.show.formats import decimal
    from kit.store import build

    stores, size = build.stored()
    if empty:
        build.empty()
        _say(_("{place}: {n} MB removed.", place=build.cache(), n=decimal(size / 1e6, 1)))
    else:
        _say(_n("{place}: {n} folder of exports, {size} MB.", "{place}: {n} folders of exports, {size} MB.", stores,
                place=build.cache(), size=decimal(size / 1e6, 1)))  # fmt: skip


@main.command()
@click.argument("key", metavar="[KEY]", required=False)
@click.argument("target", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
@click.option("--campaign", default="", metavar="NAME", help="With FOLDER: its counts for one campaign, by name or id.")
@LANG
def explain(key: str | None, target: Path | None, *, campaign: str) -> None:
    """What a KPI, goal, printed figure, method, verdict, problem rule or count means; without KEY, lists them.

    KEY may also be a place of results.json, table and column, like funnel.value. With a FOLDER and --campaign, the
    two counts behind the KPI of that campaign, and which file tells them.
    """
    from kit import explain
    from kit.store import open_data

    if (target is None) != (not campaign):
        raise UsageError(
            _("To explain a campaign, give both the folder and the campaign: kit explain KPI FOLDER --campaign NAME.")
        )
    data = None if target is None else open_data(target)
    need_whole_language()
    if key is not None:
        _show(explain.entry(key))
        if data is not None:
            _show("\n" + explain.campaign(data, key, campaign).table().text())
        return
    for kind in explain.KINDS:
        _say(kind.title)
        for name, title in kind.entries.items():
            _say(f"  {name:<27} {title}")


@main.command()
@click.argument("place", metavar="[DIR]", required=False, type=click.Path(exists=True, path_type=Path))
def lab(place: Path | None) -> None:
    """Open JupyterLab on the kit's notebooks, or on those of DIR."""
    from jupyterlab.labapp import LabApp

    from kit.questions.notebooks import NOTEBOOKS

    LabApp.launch_instance([str(place or NOTEBOOKS)])


if __name__ == "__main__":
    main()
