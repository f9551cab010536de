"""The HTTP API, one file a subject. A handler parses, makes one call, renders."""
