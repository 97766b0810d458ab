"""The service: the only package that knows SQL, HTTP, the clock, the environment. Everything below it is pure."""
