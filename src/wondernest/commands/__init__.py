"""The commands besides `serve`. Their modules are imported when a command runs."""
