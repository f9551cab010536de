"""The options that say which table of ratings to read and how; written once, used by every command that reads one."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Rules
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import DataError, SettingsError

MOVIELENS = "movielens"


@dataclass(frozen=True)
class TableOptions:
    """A table of ratings and how to read it; each field is an argument or option of the command line."""

    ratings: Annotated[
        Path,
        typer.Argument(help=f"A CSV or Parquet file of ratings, or `{MOVIELENS}` for the ratings that are shipped."),
    ]
    user_column: Annotated[str | None, typer.Option(help="The column of user ids.")] = None
    item_column: Annotated[str | None, typer.Option(help="The column of item ids.")] = None
    rating_column: Annotated[str | None, typer.Option(help="The column of ratings.")] = None
    time_column: Annotated[str | None, typer.Option(help="The column of times, if there is one.")] = None
    separator: Annotated[str | None, typer.Option(help="The separator of a CSV file's fields.")] = None
    encoding: Annotated[str | None, typer.Option(help="The encoding of a CSV file, if it is not UTF-8.")] = None
    ids: Annotated[str, typer.Option(help="`detect` whole-number ids in a CSV, or read ids as `text`.")] = Rules.ids
    weight_column: Annotated[
        str | None, typer.Option(help="The column of what a choice weighs, such as a count, in place of ratings.")
    ] = None
    duplicates: Annotated[
        str | None,
        typer.Option(
            help="Repeated pairs: keep the `last`, the `mean` or the `sum`, or stop with an `error`. Left out, ratings "
            "keep the last and choices are summed."
        ),
    ] = Rules.duplicates
    choices: Annotated[
        bool, typer.Option("--choices", help="Read who chose which item, without ratings.", show_default=False)
    ] = False
    bad_rows: Annotated[str, typer.Option(help="Invalid rows: stop with an `error`, or `skip` them.")] = Rules.bad_rows
    items: Annotated[Path | None, typer.Option(help="A CSV or Parquet file with features of the items.")] = None
    items_id: Annotated[str | None, typer.Option(help="The column of item ids in that file.")] = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, folder: Path, where: str) -> Self:
        """Options from a part of a configuration file, under the same names; paths are relative to `folder`."""
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                remedy = name_remedy(name, known, intro="Options")
                raise SettingsError(f"there is no option {name!r}", where=where, remedy=remedy)
        paths = {
            name: Path(value) if value == MOVIELENS else folder / value
            for name, value in ({"ratings": MOVIELENS} | dict(values)).items()
            if name in ("ratings", "items")
        }
        return cls(**{**values, **paths})

    @property
    def is_movielens(self) -> bool:
        """Whether the shipped ratings are meant."""
        return str(self.ratings) == MOVIELENS

    def rules(self) -> dict[str, Any]:
        """The arguments of `Ratings.from_csv` and of an engine's reader that were given."""
        given = {
            "user": self.user_column,
            "item": self.item_column,
            "rating": False if self.choices else self.rating_column,
            "timestamp": self.time_column,
            "weight": self.weight_column,
            "ids": self.ids,
            "duplicates": self.duplicates,
            "bad_rows": self.bad_rows,
        }
        return {name: value for name, value in given.items() if value is not None}

    def read(self) -> Ratings:
        """The ratings of the table, with the features of the items if a file of them is given."""
        try:
            ratings = self._ratings()
            return ratings if self.items is None else ratings.with_features(items=self.items, id_column=self.items_id)
        except DataError as error:
            raise DataError(error.what, where=error.where, remedy=_as_options(error.remedy)) from error

    def _ratings(self) -> Ratings:
        from penchant.data.movielens import movielens

        if self.is_movielens:
            return movielens()
        if self.ratings.suffix == ".parquet":
            return Ratings.from_parquet(self.ratings, **self.rules())
        encoding: dict[str, Any] = {"encoding": self.encoding} if self.encoding else {}
        return Ratings.from_csv(self.ratings, separator=self.separator, **encoding, **self.rules())


def with_table_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the fields of TableOptions as arguments and options in the place of its parameter `table`."""
    hints = typing.get_type_hints(TableOptions, include_extras=True)
    options = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=hints[field.name]
        )
        for field in dataclasses.fields(TableOptions)
    ]
    parameters: list[inspect.Parameter] = []
    for one in inspect.signature(command, eval_str=True).parameters.values():
        parameters += options if one.name == "table" else [one.replace(kind=inspect.Parameter.KEYWORD_ONLY)]

    @functools.wraps(command)
    def run(**values: Any) -> None:
        table = TableOptions(**{option.name: values.pop(option.name) for option in options})
        command(table=table, **values)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _as_options(remedy: str) -> str:
    """A remedy that names arguments of Python (`user=…`, `bad_rows='skip'`), with command-line options instead."""
    names = {"user": "user-column", "item": "item-column", "rating": "rating-column", "timestamp": "time-column"}
    names |= {"weight": "weight-column", "id_column": "items-id", "bad_rows": "bad-rows"}
    names |= {name: name for name in ("ids", "duplicates", "separator", "encoding")}
    remedy = remedy.replace("rating=False", "--choices")
    return re.sub(
        rf"\b({'|'.join(names)})=(…|'[^']*')",
        lambda found: f"--{names[found[1]]} {found[2].replace('…', 'NAME')}",
        remedy,
    )


def _default(field: dataclasses.Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
