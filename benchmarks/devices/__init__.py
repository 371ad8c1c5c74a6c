"""Speed on phones and boards: `robo-bench` run there, its figures brought back (docs/devices.md)."""
