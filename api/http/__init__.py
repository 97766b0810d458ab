"""The HTTP face. Nothing below this package knows of status codes, headers or pydantic."""
