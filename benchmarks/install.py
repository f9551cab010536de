"""How long does an installation take, how large is it, and how long does the import take?

    python benchmarks/install.py

Builds the wheel and installs it into empty environments as `pip install penchant` and with `[torch]`. The versions
are those of constraints.txt. Seconds of pip depend on its cache, on the network and on what else the machine does;
processor seconds do not. Size is that of the environment less that of an empty one, in millions of bytes. Import is
processor time of `import penchant` less that of an empty program, the least of five. The row of torch says which
build pip was given: the size of those with CUDA is several times that of "+cpu".
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

from penchant.evaluation.scoring.protocol import machine, versions

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "install.json"
KINDS = {"penchant": "", "penchant[torch]": "[torch]"}


def main() -> None:
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [sys.executable, "-m", "build", "--wheel", "--outdir", scratch, str(ROOT)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wheel = next(folder.glob("*.whl"))
        for number, (name, extras) in enumerate(KINDS.items()):
            rows.append({"install": name, **installed(folder / str(number), f"{wheel}{extras}")})
            print(rows[-1], flush=True)
            write(rows, wheel.stat().st_size / 1e6)


def write(rows: list[dict[str, Any]], wheel_mb: float) -> None:
    found = {
        "question": "How long does an installation take, how large is it, and how long does the import take?",
        "command": shlex.join(["python", *sys.argv]),
        "protocol": __doc__,
        "machine": machine(),
        "versions": versions(("build", "pip")),
        "wheel_mb": wheel_mb,
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def installed(folder: Path, requirement: str) -> dict[str, Any]:
    """Seconds, size and import time of one installation into an empty environment."""
    venv.create(folder, with_pip=True)
    python, empty = folder / "bin" / "python", size(folder)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    started, processor = time.perf_counter(), children_seconds()
    pip = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", requirement]
    subprocess.run(pip, check=True, env=clean, cwd=folder)
    seconds, processor = time.perf_counter() - started, children_seconds() - processor
    freeze = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True, env=clean)
    torch = [line.partition("==")[2] for line in freeze.stdout.splitlines() if line.startswith("torch==")]
    bare = min(processor_seconds(python, "pass", clean) for _ in range(5))
    with_import = min(processor_seconds(python, "import penchant", clean) for _ in range(5))
    return {
        "pip_seconds": seconds,
        "pip_cpu_seconds": processor,
        "mb": (size(folder) - empty) / 1e6,
        "packages": len(freeze.stdout.splitlines()),
        "import_seconds": with_import - bare,
        "torch": torch[0] if torch else None,
    }


def processor_seconds(python: Path, program: str, environment: dict[str, str]) -> float:
    before = children_seconds()
    subprocess.run([python, "-c", program], check=True, env=environment, cwd=python.parent)
    return children_seconds() - before


def children_seconds() -> float:
    """Processor seconds of all programs that have been run and waited for."""
    times = os.times()
    return times.children_user + times.children_system


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    main()
