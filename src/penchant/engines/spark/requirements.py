"""Checks of what Spark needs besides pyspark, made before Spark starts because its own messages say less."""

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
    """Raise MissingExtraError, with the package to install, if pyspark, pandas or Java is missing or does not fit."""
    require("pyspark", extra="spark")
    check_pandas()
    check_java()


def check_pandas() -> None:
    """Raise MissingExtraError unless pandas is installed in a version below 3, as Spark requires."""
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
    """Raise MissingExtraError unless a new enough `java` is where Spark looks for it: in JAVA_HOME or on the PATH."""
    home = os.environ.get("JAVA_HOME")
    where = f"JAVA_HOME={home}" if home else "PATH"
    program = str(Path(home, "bin", "java")) if home else "java"
    if shutil.which(program) is None:
        hint = f"{_INSTALL}, or correct JAVA_HOME" if home else _INSTALL
        raise MissingExtraError("Spark needs Java, and there is no `java` here", where=where, remedy=hint)
    version = java_version(program)
    if version is not None and version < LOWEST_JAVA:
        raise MissingExtraError(f"Java {version} is too old for Spark", where=where, remedy=_INSTALL)


def java_version(program: str) -> int | None:
    """The major version of a Java program (8 for 1.8), or None if it does not print one."""
    output = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', output)
    return int(found.group(1)) if found else None
