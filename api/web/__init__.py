"""The public pages: sources, build and the routes that serve them."""
