"""What an annotation is: values and pure functions. Standard library and numpy only."""
