"""`python -m penchant` is the command `penchant`."""

from penchant.cli.main import run

run()
