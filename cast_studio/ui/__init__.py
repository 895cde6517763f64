"""What the program looks like: widgets that show and ask, and decide nothing."""
