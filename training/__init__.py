"""Headless training of CAST models: `python -m training --help`.

Importing this package is cheap: torch is loaded by the modules that need it.
"""
