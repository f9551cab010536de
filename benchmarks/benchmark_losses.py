"""The section of the benchmarks page on what other libraries do better, from the same files as the tables."""

from __future__ import annotations

from benchmark_figures import QUADRANTS, is_default, is_rival, mean, result, title_of


def losses() -> list[str]:
    """Sentences on every comparison that another library wins, from the same files as the tables."""
    said = [*_held_out_lost(), *_lists_lost(), *_training_lost()]
    choice = result("choice_models")
    rusket = choice["implicit_als"]["rusket"]
    best = min(row["loss"] for row in choice["implicit_als"]["ours"] if row["seconds"] <= rusket["seconds"])
    if rusket["loss"] < best:
        said.append(
            f"In the time of five of its iterations, rusket's implicit ALS reaches a loss of {rusket['loss']:,.0f}; "
            f"ours reaches {best:,.0f} (`choice_models.json`)."
        )
    small = choice["held_out"]["shipped"]
    if small["elsa"]["ndcg@100"] < small["ease"]["ndcg@100"]:
        said.append(
            f"On small tables `elsa` is slower and worse than `ease`: NDCG@100 {small['elsa']['ndcg@100']:.4f} against "
            f"{small['ease']['ndcg@100']:.4f} (`choice_models.json`). It is meant for large catalogues."
        )
    for row in result("cold_start_lesson")["quadrants"]["rows"]:
        less = row.get("bayes less this")
        external = row["model"].startswith(("myFM", "cmfrec"))
        if less and less[1] > 0 and external:
            said.append(
                f"For {QUADRANTS.get(row['quadrant'], 'known pairs')} with {row['given']} ratings, {row['model']} has "
                f"the lower RMSE: {row['rmse'][0]:.4f} (`cold_start_lesson.json`)."
            )
    speed = result("service")["speed"]
    said.append(
        f"A request costs more than a bare endpoint of the same framework: {mean(speed['service']):,.0f} answers a "
        f"second against {mean(speed['bare']):,.0f} (`service.json`)."
    )
    return said


def _held_out_lost() -> list[str]:
    """Libraries with better lists for held-out users than `ease` or the default."""
    said = []
    for data, part in result("default_lists")["held_out"].items():
        found = {label: one["ndcg@100"] for label, one in part["models"].items()}
        for ours in ("default by combined", "ease"):
            better = [label for label in found if is_rival(label) and found[label] > found[ours] + 5e-5]
            if better:
                others = ", ".join(f"{label} {found[label]:.4f}" for label in better)
                said.append(
                    f"Held-out users of {title_of(data)}, NDCG@100: `{ours}` has {found[ours]:.4f}; better are "
                    f"{others} (`default_lists.json`)."
                )
    return said


def _training_lost() -> list[str]:
    """Where a library trains on the same inputs in less time than `bayes`."""
    said = []
    for name in ("accuracy-movielens", "accuracy-goodbooks"):
        rows = {(row["inputs"], row["model"]): row for row in result(name)["rows"]}
        for (inputs, model), row in rows.items():
            ours = rows[inputs, "bayes"]
            if row["seconds"] < ours["seconds"]:
                said.append(
                    f"{title_of(name.partition('-')[2])}, {inputs}: {model} trains in {row['seconds']:.0f} s, `bayes` "
                    f"in {ours['seconds']:.0f} s; their RMSE is {row['rmse']:.4f} and {ours['rmse']:.4f} "
                    f"(`{name}.json`)."
                )
    return said


def _lists_lost() -> list[str]:
    """Where the default's lists are not the best of their comparison."""
    lists, said = result("default_lists"), []
    tweets = {one["label"]: one["metrics"]["ndcg@10"]["value"] for one in lists["tweets"]["comparison"]["models"]
              if "ndcg@10" in one["metrics"]}  # fmt: skip
    weeks = {label: one["value"] for label, one in lists["rolling"]["recall@10 of all choices"].items()}
    for what, found in (("Random rows of MovieTweetings, NDCG@10", tweets), ("Next week, recall@10", weeks)):
        default = next(value for label, value in found.items() if is_default(label))
        better = {label: value for label, value in found.items() if value > default and "+" not in label}
        if better:
            others = ", ".join(f"{label} {value:.4f}" for label, value in better.items())
            said.append(f"{what}: the default has {default:.4f}; better are {others} (`default_lists.json`).")
    return said
