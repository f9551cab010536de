"""The operator's page: what is served, how it does, and what changed since it was trained."""
