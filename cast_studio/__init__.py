"""CAST Studio: a desktop program to annotate videos with, and to teach, a CAST model.

Importing this package is cheap: neither Qt nor torch is loaded.
"""

__version__ = "0.1.0"
