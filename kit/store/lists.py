"""Lists of people to act on, as CSV: salted hashes in place of addresses, unless the addresses are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import UsageError
from kit.messages import _
from kit.places import NAME_ANOTHER, reaching, try_folder, write_new
from kit.store.export import neutral, salted

if TYPE_CHECKING:
    import pandas as pd

    from kit.store import Data

KEY = "contact_key"


def people(frame: pd.DataFrame, data: Data, *, addresses: bool = False) -> pd.DataFrame:
    """The frame with `person` in place of `contact_key`.

    Args:
        frame: a row a person, with contact_key.
        data: what `kit.open` returned.
        addresses: the address where the contacts have it, else empty; without it the salted hash, as `kit tables`
            writes.
    """
    keys = frame[KEY].astype("object")
    if addresses:
        contacts = data.table("contacts")
        named = contacts.dropna(subset=["email"]).drop_duplicates(KEY).set_index(KEY)["email"]
        person = keys.map(named).fillna("")
    else:
        person = salted(keys)
    listed = frame.drop(columns=KEY)
    listed.insert(0, "person", person.to_numpy())
    return listed


def check(folder: str) -> Path:
    """The folder as a path.

    Raises:
        UsageError: it is no whole path: notebooks run in a folder of their own.
    """
    place = Path(folder).expanduser()
    if not place.is_absolute():
        raise UsageError(
            _("lists: {folder} is not a full path. Write it from the root of the disk.", folder=repr(folder))
        )
    return place


def write(frame: pd.DataFrame, data: Data, folder: str, name: str, *, addresses: bool = False) -> Path | None:
    """Write a list as CSV (UTF-8 with BOM, formulas made harmless); nothing where no folder is named.

    Args:
        frame: a row a person, with contact_key.
        data: what `kit.open` returned.
        folder: a whole path, made if it is not there; "": nothing is written.
        name: of the file.
        addresses: as for `people`.

    Raises:
        UsageError: the folder is no whole path, lies in the folder of the exports, or holds such a file already.
        OutputError: nothing can be written there.
    """
    if not folder:
        return None
    place = check(folder)
    target = data.target
    if target is not None and target.is_dir() and place.resolve().is_relative_to(target.resolve()):
        raise UsageError(
            _("lists: {folder} is inside the folder of exports, and nothing is written there.", folder=place)
        )
    path = place / name
    if path.exists():
        raise UsageError(_("lists: {path} already exists and was not changed. Choose another folder.", path=path))
    try_folder(place, f"lists={folder}")
    content = neutral(people(frame, data, addresses=addresses)).to_csv(index=False, lineterminator="\n")
    with reaching(path, NAME_ANOTHER):
        place.mkdir(parents=True, exist_ok=True)
        write_new(path, content.encode("utf-8-sig"), mode=0o600)
    return path
