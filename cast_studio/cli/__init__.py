"""The command line: one module a command, on the services that the window uses too."""
