"""Damaged videos by the hundred, each read in a process under watch: ``python -m tests.fuzz_video``."""
