"""Errors in words for people: what happened, and a way on. Nothing of the API is in them."""

from __future__ import annotations

from penchant.service.page.contexts import ErrorPage
from penchant.service.schema_types import SLASH

_HOME = ("Back to your list", "/")
_WORDS = {
    400: ("That did not work", "The page sent something that the server could not read. Please try again."),
    401: ("This is not open to everyone", "Its owner has closed it to people without a key."),
    403: ("This is not yours to open", "Only the browser in which the ratings were given can open them."),
    404: ("There is no such page", "The address may be old or have a typing error."),
    405: ("This address is no page", "It only takes what a form sends. Go back and use the form."),
    408: ("That took too long", "The connection was too slow. Please try again."),
    413: ("The file is too large", "Choose a smaller file. An export of ratings is usually well below the limit."),
    421: ("This server has another name", "Check the address, or ask the person who runs it."),
    422: ("That cannot be", "Something on the page did not fit. Go back and check what you entered."),
    429: ("A little too fast", "There were too many requests from here. Wait a moment and try again."),
    500: ("Something broke here", "The fault is on our side and has been noted. Nothing you rated is lost."),
    503: ("Too busy just now", "Nothing you rated is lost. Please try again in a few seconds."),
    507: ("There is no room left", "This was not saved; everything saved before is still there."),
}


def error_page(status: int, path: str) -> ErrorPage:
    """The page for a status at a path. An id in the path is shown as it was given."""
    if status == 404 and path.startswith("/items/"):
        wanted = path.removeprefix("/items/").replace(SLASH, "/")
        detail = f"Nothing here has the id “{wanted}”. It may have been removed, or the link is not complete."
        return ErrorPage("This title is not here", detail, [("Search for it", "/search"), _HOME])
    title, detail = _WORDS.get(status) or _WORDS[500 if status >= 500 else 400]
    return ErrorPage(title, detail, [_HOME, ("Search", "/search")])
