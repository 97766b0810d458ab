"""Subcommands of `mzt`, one small module per area. Each is `async (settings, arguments) -> exit status`."""
