"""What Spark needs besides itself, looked for before its own, less helpful, complaints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from penchant.foundations.errors import MissingExtraError
from penchant.foundations.optional import require

LOWEST_JAVA = 17
_INSTALL = (
    f"Install Java {LOWEST_JAVA} or newer: apt-get install default-jre-headless (Debian, Ubuntu), "
    "dnf install java-17-openjdk-headless (Fedora, RHEL), brew install openjdk@17 (macOS)"
)


def check_requirements() -> None:
    """Raise MissingExtraError, with the package to install, where pyspark, its pandas or Java is not as Spark needs."""
    require("pyspark", extra="spark")
    check_pandas()
    check_java()


def check_pandas() -> None:
    """Spark supports pandas below 3 only."""
    try:
        version = metadata.version("pandas")
    except metadata.PackageNotFoundError:
        version = ""
    if not version or int(version.split(".")[0]) >= 3:
        found = f"pandas {version} is installed" if version else "pandas is not installed"
        raise MissingExtraError(
            f"{found}, and Spark works with pandas 2",
            remedy="Install it with: pip install 'penchant[spark]' 'pandas<3'",
        )


def check_java() -> None:
    """A `java` of a version that Spark runs on, where Spark itself would look for it."""
    home = os.environ.get("JAVA_HOME")
    where = f"JAVA_HOME={home}" if home else "PATH"
    program = str(Path(home, "bin", "java")) if home else "java"
    if shutil.which(program) is None:
        hint = f"{_INSTALL}, or correct JAVA_HOME" if home else _INSTALL
        raise MissingExtraError("Spark runs on Java, and there is no `java` here", where=where, remedy=hint)
    version = java_version(program)
    if version is not None and version < LOWEST_JAVA:
        raise MissingExtraError(f"Java {version} is too old for Spark", where=where, remedy=_INSTALL)


def java_version(program: str) -> int | None:
    """The first number of a Java's version (8 for 1.8), or None where it does not say."""
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found.group(1)) if found else None
