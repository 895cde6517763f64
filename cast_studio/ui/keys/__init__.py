"""Which key does what: pure values without Qt, so that they can be tested without a window."""
