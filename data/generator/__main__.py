"""`make sample SEED=7 DIR=…`, or in data/: `python -m generator DIR --seed 7`."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import click

from generator import software, write


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--seed",
    type=int,
    default=2026,
    show_default=True,
    help="Of the made-up business; the same seed writes the same files.",
)
@click.option(
    "--contacts",
    type=click.IntRange(min=1),
    default=6000,
    show_default=True,
    help="How many people it writes to.",
)
@click.option(
    "--truth",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was planted into this file, as JSON; never among the exports.",
)
@click.option("--firm", type=click.Choice(["service", "software"]), default="service", show_default=True,
              help="A service centre, or a software firm with subscriptions.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write into a folder that is not empty; files of the same names are lost.")
def sample(folder: Path, *, seed: int, contacts: int, truth: Path | None, firm: str, force: bool) -> None:
    """Write the exports of a made-up firm, with known truth, into DIR: a new or empty folder."""
    _try_writing(folder, *([truth.parent] if truth else []))
    with TemporaryDirectory() as temporary:
        service = firm == "service"
        planted = (
            write(Path(temporary), seed=seed, contacts=contacts)
            if service
            else software.write(Path(temporary), seed=seed)
        )
        existing = _files(folder)
        if existing and not force and existing != _files(Path(temporary)):
            raise click.UsageError(
                f"{folder} is not empty and no former sample. Name a new folder, or say --force (with make: FORCE=1)."
            )
        shutil.copytree(temporary, folder, dirs_exist_ok=True)
    if truth is not None:
        truth.write_text(planted.to_json(), encoding="utf-8")
    click.echo(folder)


def _try_writing(*folders: Path) -> None:
    """Refuse a folder that cannot be written before anything is made up."""
    for folder in folders:
        there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
        try:
            TemporaryFile(dir=there).close()
        except OSError as error:
            raise click.UsageError(f"{folder}: {(error.strerror or str(error)).lower()}.") from error


def _files(folder: Path) -> set[str]:
    """The names of all files in a folder, none where there is no folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


if __name__ == "__main__":
    sample(prog_name="python -m generator")
