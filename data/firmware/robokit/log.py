"""A diary in the board's flash."""

from robokit import check


def write(name, text):
    """Append a line to a file."""
    check.text("log.write: name", name)
    check.text("log.write: text", text)
    with open(name, "a") as file:
        file.write(text + "\n")
