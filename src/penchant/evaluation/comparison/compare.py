"""Compares several models, each with several seeds, on one split. Finished jobs can be kept and are not repeated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

from penchant.data.splitting import Split
from penchant.evaluation.comparison.comparison import Comparison
from penchant.evaluation.comparison.records import Record, load_record, record_key, run_job, save_record
from penchant.evaluation.comparison.specs import ComparisonSpec, comparison_specs
from penchant.evaluation.scoring.evaluation_scorers import check_split
from penchant.evaluation.scoring.evaluation_settings import EvaluationOptions, EvaluationSettings
from penchant.evaluation.scoring.findings import population_findings
from penchant.evaluation.scoring.metric_names import metric_name
from penchant.evaluation.scoring.protocol import protocol
from penchant.foundations.progress import Progress, Silent


def compare(
    models: Sequence[Any],
    split: Split,
    *,
    seeds: Sequence[int] = (0,),
    folder: str | Path | None = None,
    by: str | None = None,
    progress: Progress | None = None,
    **options: Unpack[EvaluationOptions],
) -> Comparison:
    """Train and evaluate every model with every seed, and the baselines.

    models: names, names with settings, Models or ExternalModels; see `comparison_specs`. folder: where finished jobs
    are kept, under a hash of all they depend on; a job found there is not run again. by: the metric that orders the
    table and is tested. options: the fields of EvaluationSettings.
    """
    settings, bar = EvaluationSettings.from_json(options), progress or Silent()
    check_split(split, "compared")
    specs = comparison_specs(models, split)
    if by is not None:
        metric_name(by)
    jobs = [(spec, seed) for spec in specs for seed in (seeds if spec.seeded else seeds[:1])]
    bar.start(f"compare {len(specs)} models", len(jobs))
    records = []
    for spec, seed in jobs:
        records.append(_record(spec, split, seed, settings, None if folder is None else Path(folder)))
        bar.step(_headline(records[-1]))
    by = by or _default_metric(records, settings)
    return Comparison(records, protocol(split, settings), settings, by, population_findings(split, settings))


def _record(spec: ComparisonSpec, split: Split, seed: int, settings: EvaluationSettings, folder: Path | None) -> Record:
    """The job's record: the one kept in the folder, or a new one that is then kept there."""
    key = None if folder is None else record_key(spec, split, seed, settings)
    if folder is None or key is None:
        return run_job(spec, split, seed, settings)
    path = folder / f"{key}.npz"
    found = load_record(path, spec.label)
    if found is None:
        found = run_job(spec, split, seed, settings)
        save_record(found, path)
    return found


def _headline(record: Record) -> dict[str, float]:
    name = next(iter(record.metrics), None)
    return {} if name is None else {f"{record.label}: {name}": record.metrics[name].value}


def _default_metric(records: Sequence[Record], settings: EvaluationSettings) -> str:
    """RMSE where at least half of the models predict ratings, otherwise NDCG."""
    rating = sum("rmse" in record.metrics for record in records)
    return "rmse" if 2 * rating >= len(records) or not settings.ranking else f"ndcg@{settings.at[0]}"
