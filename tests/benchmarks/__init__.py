"""What is timed on a machine of one's own choice: ``python -m tests.benchmarks COMMAND``."""
