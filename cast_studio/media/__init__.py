"""How frames are read, exactly."""
