"""What each command does, once its arguments are parsed: a module for each, whose `run` is called by its name."""
