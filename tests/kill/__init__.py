"""Kills the program at random moments of a long session and looks what is left."""
