"""The options that say which tables to read and how; written once, used by every command that reads one."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from penchant.cli.option_values import numbers_by_name, one_or_more, scale_ends, table_place
from penchant.cli.remedies import as_options
from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Rules
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import DataError, SettingsError

MOVIELENS = "movielens"

_TABLE, _SIDES = "The table of ratings", "Tables of items and users"


def _option(help_text: str, *names: str, panel: str = _TABLE, **more: Any) -> Any:
    return typer.Option(*names, help=help_text, rich_help_panel=panel, **more)


def _of_side(help_text: str, *names: str) -> Any:
    return _option(help_text, *names, panel=_SIDES)


@dataclass(frozen=True)
class TableOptions:
    """A table of ratings and how to read it; each field is an argument or option of the command line.

    Options that are left out are found by the content of the files, and the reading report says what was found.
    """

    ratings: Annotated[
        Any,
        typer.Argument(
            parser=table_place, metavar="RATINGS",
            help=f"A file of ratings of any form, a folder of Parquet parts, the URL of a database (with --query), or "
            f"`{MOVIELENS}` for the ratings that are shipped.",
        ),
    ]  # fmt: skip
    user_column: Annotated[str | None, _option("The column of user ids.")] = None
    item_column: Annotated[str | None, _option("The column of item ids.")] = None
    rating_column: Annotated[str | None, _option("The column of ratings.")] = None
    time_column: Annotated[str | None, _option("The column of times, if there is one.")] = None
    no_times: Annotated[bool, _option("Read no times.", "--no-times")] = False
    header: Annotated[
        bool | None, _option("Whether the first line holds the names of the columns.", "--header/--no-header")
    ] = None
    names: Annotated[str | None, _option("The columns of a file without a header: user,item,rating.")] = None
    separator: Annotated[str | None, _option("The separator of fields, or tab, space, comma, semicolon, pipe.")] = None
    encoding: Annotated[str | None, _option("The encoding of a text, such as latin-1.")] = None
    sheet: Annotated[str | None, _option("The sheet of an Excel file.")] = None
    query: Annotated[str | None, _option("The query whose result is the table, if RATINGS is a database.")] = None
    ids: Annotated[str, _option("`detect` whole-number ids in a text, or read ids as `text`.")] = Rules.ids
    trim_ids: Annotated[bool, _option("Ids that differ only in blanks around them are one.", "--trim-ids")] = False
    weight_column: Annotated[
        str | None,
        _option("The column of what a choice weighs, such as a count.", "--weight-column", "--weight"),
    ] = None
    event_column: Annotated[str | None, _option("The column of kinds of events, in place of ratings.")] = None
    event_weight: Annotated[
        list[str] | None, _option("What a kind of event weighs: `buy=5`. Repeatable.", metavar="NAME=WEIGHT")
    ] = None
    choices: Annotated[
        bool,
        _option("Read who chose which item, without ratings.", "--choices", "--no-rating", show_default=False),
    ] = False
    scale: Annotated[str | None, _option("The ends of the rating scale: `1:5`. Ratings outside are invalid.")] = None
    missing: Annotated[
        list[str] | None, _option("A value that means that there is no rating, such as 0. Repeatable.")
    ] = None
    decimal: Annotated[str | None, _option("The decimal mark of ratings, `.` or `,`.")] = None
    time_format: Annotated[
        str | None, _option("How times are written, such as %d/%m/%Y, or the unit of numbers: s, ms, us, ns.")
    ] = None
    wide: Annotated[bool, _option("Read a matrix: a row for each user, a column for each item.", "--wide")] = False
    duplicates: Annotated[
        str | None,
        _option(
            "Repeated pairs: keep the `last`, the `mean` or the `sum`, or stop with an `error`. Left out, ratings keep "
            "the last and choices are summed."
        ),
    ] = Rules.duplicates
    bad_rows: Annotated[str, _option("Invalid rows: stop with an `error`, or `skip` them.")] = Rules.bad_rows
    items: Annotated[Path | None, _of_side("A file with features of the items.")] = None
    items_id: Annotated[str | None, _of_side("The column of item ids in that file.")] = None
    items_header: Annotated[
        bool | None, _of_side("Whether its first line holds names.", "--items-header/--items-no-header")
    ] = None
    items_names: Annotated[str | None, _of_side("Its columns, if it has no header: item,title,genres.")] = None
    items_separator: Annotated[str | None, _of_side("Its separator.")] = None
    items_encoding: Annotated[str | None, _of_side("Its encoding.")] = None
    items_sheet: Annotated[str | None, _of_side("Its sheet, if it is an Excel file.")] = None
    users: Annotated[Path | None, _of_side("A file with features of the users.")] = None
    users_id: Annotated[str | None, _of_side("The column of user ids in that file.")] = None
    users_header: Annotated[
        bool | None, _of_side("Whether its first line holds names.", "--users-header/--users-no-header")
    ] = None
    users_names: Annotated[str | None, _of_side("Its columns, if it has no header: user,age,country.")] = None
    users_separator: Annotated[str | None, _of_side("Its separator.")] = None
    users_encoding: Annotated[str | None, _of_side("Its encoding.")] = None
    users_sheet: Annotated[str | None, _of_side("Its sheet, if it is an Excel file.")] = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, folder: Path, where: str) -> Self:
        """Options from a part of a configuration file, under the same names; paths are relative to `folder`."""
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                remedy = name_remedy(name, known, intro="Options")
                raise SettingsError(f"there is no option {name!r}", where=where, remedy=remedy)
        given = {"ratings": MOVIELENS} | dict(values)
        paths = {name: given[name] for name in ("ratings", "items", "users") if name in given}
        placed = {
            name: value if value == MOVIELENS or "://" in str(value) else folder / value
            for name, value in paths.items()
        }
        return cls(**{**given, **placed})

    @property
    def is_movielens(self) -> bool:
        """Whether the shipped ratings are meant."""
        return str(self.ratings) == MOVIELENS

    def rules(self) -> dict[str, Any]:
        """The fields of `Rules` that were given."""
        given = {
            "user": self.user_column,
            "item": self.item_column,
            "rating": False if self.choices else self.rating_column,
            "timestamp": False if self.no_times else self.time_column,
            "weight": self.weight_column,
            "event": self.event_column,
            "weights": numbers_by_name(self.event_weight, "--event-weight"),
            "scale": scale_ends(self.scale),
            "missing": one_or_more(self.missing),
            **{name: getattr(self, name) for name in _AS_IN_RULES},
        }
        return {name: value for name, value in given.items() if value not in (None, getattr(Rules, name))}

    def file(self, side: str = "") -> dict[str, Any]:
        """The fields of `FileOptions` that were given for the ratings, or for "items" or "users"."""
        prefix = f"{side}_" if side else ""
        names = getattr(self, f"{prefix}names")
        header = getattr(self, f"{prefix}header") if names is None else one_or_more(names)
        rest = {name: getattr(self, prefix + name) for name in ("separator", "encoding", "sheet")}
        return {name: value for name, value in {"header": header, **rest}.items() if value is not None}

    def read(self) -> Ratings:
        """The ratings of the table, with the features of items and users if files of them are given."""
        with as_options():
            ratings = self._ratings()
        for side in ("items", "users"):
            if (path := getattr(self, side)) is not None:
                with as_options(side):
                    table: dict[str, Any] = {side: path, "id_column": getattr(self, f"{side}_id"), **self.file(side)}
                    ratings = ratings.with_features(**table)
        return ratings

    def read_and_say(self, quiet: bool) -> Ratings:
        """The same as `read`; unless quiet, the report of reading goes to the error stream."""
        ratings = self.read()
        say_reading(ratings, quiet)
        return ratings

    def read_later(self, options: Mapping[str, Any]) -> Ratings | None:
        """The ratings alone, read with these fields of `Rules` where no option says otherwise; None without a table."""
        if self.ratings is None:
            return None
        with as_options():
            return self._ratings(options)

    def _ratings(self, options: Mapping[str, Any] | None = None) -> Ratings:
        from penchant.data.movielens import movielens

        rules = {**(options or {}), **self.rules()}
        if self.is_movielens:
            return movielens()
        if self.query is not None:
            return Ratings.from_sql(self.query, str(self.ratings), **rules)
        if "://" in str(self.ratings):
            remedy = "Pass --query 'select user, item, rating from …' for a database"
            raise DataError("this is not a file", where=str(self.ratings), remedy=remedy)
        return Ratings.from_file(self.ratings, **self.file(), **rules)


_AS_IN_RULES = ("ids", "trim_ids", "duplicates", "bad_rows", "decimal", "time_format", "wide")
"""Options with the name and the values of a field of `Rules`."""


def with_table_options(command: Callable[..., None], *, later: bool = False) -> Callable[..., None]:
    """The command with the fields of TableOptions as arguments and options in the place of its parameter `table`.

    later: the table holds later rows of a model: it is an option that may be left out, and no users' table is read.
    """
    hints = typing.get_type_hints(TableOptions, include_extras=True)
    fields = [one for one in dataclasses.fields(TableOptions) if not (later and one.name.startswith("users"))]
    options = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=_default(one), annotation=hints[one.name])
        for one in fields
    ]
    if later:
        options[0] = options[0].replace(default=None, annotation=_LATER)
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


_LATER = Annotated[
    Any, typer.Option("--ratings", parser=table_place, metavar="FILE", help="A table of new and changed ratings.")
]


def _default(field: dataclasses.Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default


def say_reading(ratings: Ratings, quiet: bool) -> None:
    """Write the report of reading to the error stream, unless quiet."""
    if ratings.report is not None and not quiet:
        sys.stderr.write(f"{ratings.report}\n")


def reading_of(ratings: Any) -> dict[str, Any]:
    """How a table was read, under the name that `--json` gives it."""
    report = getattr(ratings, "report", None)
    return {"reading": None if report is None else report.to_json()}
