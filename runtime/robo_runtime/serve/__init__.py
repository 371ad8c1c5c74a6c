"""`robo serve`: an OpenAI-compatible server over one model, with the checks and the simulator beside it."""
