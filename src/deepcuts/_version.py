"""The version of the package, written here alone: the build, the command and the files that are saved read it."""

__version__ = "0.2.0"
