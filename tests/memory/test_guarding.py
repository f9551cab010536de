"""The guard-page allocator finds what it is for."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from memory.guarding import MODES, run_guarded

SEGMENTATION_FAULT, ABORT = -signal.SIGSEGV, -signal.SIGABRT

START = """
import ctypes, sys, threading
import guarding
guarding.install(sys.argv[1])
import numba, numpy as np

@numba.njit(nogil=True)
def element(array, index):
    return array[index]

def write(array, byte):
    ctypes.c_uint8.from_address(array.ctypes.data + byte).value = 7
"""


def run(module: Path, mode: str, code: str) -> tuple[int, str]:
    done = run_guarded(module, "-c", START + code, mode)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("mode", "count", "index"),
    [("after", count, count) for count in (1, 3, 16, 1024, 1025)] + [("before", 1024, -1025), ("before", 3, -4)],
)
def test_a_kernel_that_reads_beside_an_array_crashes_with_a_traceback(
    guarded_module: Path, mode: str, count: int, index: int
) -> None:
    # numba counts a negative index from the end, once: -count - 1 is the element in front of the first
    code, said = run(guarded_module, mode, f"element(np.ones({count}, np.float32), {index})")
    assert code == SEGMENTATION_FAULT, said
    assert "Segmentation fault" in said
    assert 'File "<string>"' in said


def test_arrays_of_other_threads_are_guarded_too(guarded_module: Path) -> None:
    code = "t = threading.Thread(target=lambda: element(np.ones(3, np.float32), 3)); t.start(); t.join()"
    assert run(guarded_module, "after", code)[0] == SEGMENTATION_FAULT


@pytest.mark.parametrize(("mode", "byte", "said"), [("after", -1, "in front of"), ("before", 12, "behind")])
def test_a_write_on_the_side_without_a_page_is_found_when_the_array_goes(
    guarded_module: Path, mode: str, byte: int, said: str
) -> None:
    code, output = run(guarded_module, mode, f"a = np.ones(3, np.float32); write(a, {byte}); del a")
    assert code == ABORT, output
    assert f"something wrote {said} an array" in output


@pytest.mark.parametrize("mode", MODES)
def test_fresh_memory_is_not_a_number_and_arrays_work_as_ever(guarded_module: Path, mode: str) -> None:
    code = """
assert np.isnan(np.empty(1000)).all() and (np.empty(3, np.int32) == -1).all() and not np.zeros(1000).any()
grown = np.arange(3.0); grown.resize(2000, refcheck=False)
assert grown[2] == 2.0 and np.fromiter(range(5000), int).sum() == 12497500
for n in (0, 1, 2, 3, 5, 8, 511, 512, 513, 4097):
    for kind in (np.uint8, np.float32, np.complex128, "U3"):
        one = np.ones(n, kind)
        assert one.flags.aligned and (one.copy() == one).all() and len(np.append(one, one)) == 2 * n
print("all well")
"""
    assert run(guarded_module, mode, code) == (0, "all well\n")


@pytest.mark.parametrize("mode", MODES)
def test_sums_over_nothing_read_nothing(guarded_module: Path, mode: str) -> None:
    """The reductions that the package uses, on the operands with which `np.einsum` reads outside of them."""
    code = """
from numpy.lib.stride_tricks import as_strided
from penchant.foundations.contraction import contract
one = np.full(1, np.nan, np.float32)
xs = [np.zeros((1, 60, 0), np.float32)[:, np.arange(9)], as_strided(one, (1, 9, 0), (0, 0, 0))]
ys = [np.full((1, 9, 1), np.nan, np.float32)[:, :, 1:], np.ones((1, 9, 0), np.float32), *xs]
for x in xs:
    for y in ys:
        for sums in (
            contract("sbk,sbk->sb", x, y), contract("sbk,k->sb", x, y[0, 0]), (x * y).sum(-1), x @ y.transpose(0, 2, 1),
            x[:, :, None, :] @ y[:, :, :, None], x.mean(axis=(1,)).sum(-1), np.tensordot(x, y, axes=([2], [2])),
            np.dot(x, y[0].T), np.inner(x, y), np.linalg.norm(x, axis=-1), np.square(x).sum(-1),
            np.add.reduce(x, axis=2),
        ):
            assert not np.any(sums)
print("all well")
"""
    assert run(guarded_module, mode, code) == (0, "all well\n")
