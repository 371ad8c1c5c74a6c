"""The named colours of the kit."""

NAMES = ("red", "green", "blue", "yellow", "cyan", "magenta", "orange", "purple", "pink", "white", "off")
RGB = (
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255), (255, 128, 0),
    (128, 0, 255), (255, 96, 160), (255, 255, 255), (0, 0, 0),
)


def rgb(name):
    """The red, green and blue of a colour, 0-255."""
    return RGB[NAMES.index(name)]


def nearest(r, g, b):
    """The name of the colour most like this one."""
    apart = [(r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2 for x, y, z in RGB]
    return NAMES[apart.index(min(apart))]
