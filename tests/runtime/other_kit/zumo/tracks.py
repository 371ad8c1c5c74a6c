class Tracks:
    def run(self, left: int, right: int, seconds: float = 0.0):
        """Run both tracks, then stop if a time is given."""

    def halt(self):
        """Stop."""

    def battery(self):
        """Charge of the battery in percent."""
        return self._raw() * 100 // 4095

    def driftAway(self):
        """A name that no block uses."""


def reset_odometer():
    pass


tracks = Tracks()
