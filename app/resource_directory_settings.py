"""The setting `resource_directory` of a practice: the file of resources that patients may be referred to.

The file is read once, with the settings. A row that is wrong is left out and told by `chartside check` and at the
start; a file that cannot be read stops the start, since nobody would notice an empty directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.problems import Problems
from mappings.resource_directory import ResourceDirectory
from mappings.resource_directory_file import read_directory

NAME = "resource_directory"


def read_resource_directory(
    given: Mapping[str, Any], where: str, folder: Path, problems: Problems
) -> ResourceDirectory:
    """The directory that the practice's table names, relative to `folder`, that of the settings file."""
    if NAME not in given:
        return ResourceDirectory()
    name = problems.text(given, NAME, where=where)
    if not name:
        return ResourceDirectory()
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        problems.add(
            f'{where}{NAME} = "{name}" cannot be read: name a TOML file in UTF-8, relative to the settings file'
        )
        return ResourceDirectory()
    return read_directory(text, name)
