"""What the program does: services on QtCore, without widgets."""
