"""Weights that others made: read as numbers, never run, and kept as safetensors."""
