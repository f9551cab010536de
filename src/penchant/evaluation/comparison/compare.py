"""Several models, several seeds, one split: what is done is kept, so a comparison that broke off goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from penchant.data.splitting import Split
from penchant.evaluation.comparison.comparison import Comparison
from penchant.evaluation.comparison.contestants import Entry, Ready, entries_of
from penchant.evaluation.comparison.records import Record, keep, kept, key_of, run
from penchant.evaluation.report.protocol import protocol
from penchant.evaluation.scoring.evaluation_scorers import check_split
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.metric_names import naming
from penchant.foundations.progress import Progress, Silent


def compare(
    models: Sequence[Any],
    split: Split,
    *,
    seeds: Sequence[int] = (0,),
    folder: str | Path | None = None,
    by: str | None = None,
    progress: Progress | None = None,
    **measuring: Any,
) -> Comparison:
    """Train and measure every model with every seed, baselines always among them.

    models: names, names with settings, Models or peers; see `entries_of`. folder: where finished jobs are kept under a
    hash of all they follow from; a job found there is not run again. by: the figure to order by and to test.
    measuring: settings of EvaluationSettings.
    """
    how, told = EvaluationSettings.from_json(measuring), progress or Silent()
    check_split(split, "compared")
    entries = entries_of(models)
    if by is not None:
        naming(by)
    jobs = [(entry, seed) for entry in entries for seed in (seeds[:1] if _seedless(entry) else seeds)]
    told.start(f"compare {len(entries)} models", len(jobs))
    records = []
    for entry, seed in jobs:
        records.append(_done(entry, split, seed, how, None if folder is None else Path(folder)))
        told.step(_headline(records[-1]))
    return Comparison(records, protocol(split, how), how, by or _usual(records, how))


def _done(entry: Entry, split: Split, seed: int, measuring: EvaluationSettings, folder: Path | None) -> Record:
    """The job's record: the one kept in the folder, or a new one that is kept there now."""
    key = None if folder is None else key_of(entry, split, seed, measuring)
    if folder is None or key is None:
        return run(entry, split, seed, measuring)
    path = folder / f"{key}.npz"
    found = kept(path, entry.label)
    if found is None:
        found = run(entry, split, seed, measuring)
        keep(found, path)
    return found


def _seedless(entry: Entry) -> bool:
    """Whether another seed would change nothing."""
    identity = entry.identity()
    return isinstance(entry, Ready) or identity is None or "naive" in identity or identity.get("model") == "baseline"


def _headline(record: Record) -> dict[str, float]:
    name = next(iter(record.metrics), None)
    return {} if name is None else {f"{record.label}: {name}": record.metrics[name].value}


def _usual(records: Sequence[Record], measuring: EvaluationSettings) -> str:
    """RMSE where most predict ratings, else NDCG."""
    rating = sum("rmse" in record.metrics for record in records)
    return "rmse" if 2 * rating >= len(records) or not measuring.ranking else f"ndcg@{measuring.at[0]}"
