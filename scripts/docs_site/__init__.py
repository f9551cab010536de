"""The generated parts of the documentation site, for MkDocs (`hooks.py`) and for the tests."""
