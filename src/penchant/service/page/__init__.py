"""The page: rendered on the server, with small plain scripts. Nothing is fetched from anywhere else."""
