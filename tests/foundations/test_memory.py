"""Available memory is read where the system says it, and unknown elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from penchant.foundations import memory


def test_the_smaller_of_machine_and_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 4000 kB\nMemAvailable: 3000 kB\n")
    monkeypatch.setattr(memory, "MEMINFO", meminfo)
    monkeypatch.setattr(memory, "CGROUP", tmp_path / "none")
    assert memory.available_memory() == 3000 * 1024
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.stat").write_text("inactive_file 400\nanon 600\n")
    assert memory.available_memory() == 3000 * 1024
    (tmp_path / "memory.max").write_text("5000\n")
    assert memory.available_memory() == 4400


def test_without_either_it_is_asked_of_the_system_or_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "none")
    monkeypatch.setattr(memory, "CGROUP", tmp_path / "none")
    found = memory.available_memory()
    assert found is None or found > 0
    monkeypatch.delattr(memory.os, "sysconf", raising=False)
    assert memory.available_memory() is None
