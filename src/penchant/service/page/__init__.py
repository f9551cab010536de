"""The page: rendered on the server, with small plain scripts. It loads nothing from other servers."""
