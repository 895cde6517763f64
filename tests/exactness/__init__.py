"""Every frame of many kinds of files against an independent decode: ``python -m tests.exactness``."""
