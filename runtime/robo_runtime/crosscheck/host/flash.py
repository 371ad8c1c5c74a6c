# mypy: ignore-errors
"""Files of the board's flash in memory, for MicroPython; the rules of `robo_runtime.simulate.flash`."""


class File:
    def __init__(self, board, name, mode):
        self._board, self._name, self._mode = board, name.lstrip("/"), mode
        files = board.files
        if "r" in mode and self._name not in files:
            raise OSError(2)
        self._text = "" if "w" in mode else files.get(self._name, "")
        self._at = len(self._text) if "a" in mode else 0
        self._open = True
        if "r" not in mode:
            files[self._name] = self._text

    def write(self, data):
        if "r" in self._mode and "+" not in self._mode:
            raise OSError(9, "EBADF")
        text = data if isinstance(data, str) else bytes(data).decode()
        self._text = self._text[: self._at] + text + self._text[self._at + len(text) :]
        self._at += len(text)
        self._board.emit("file", self._name, text)
        return len(data)

    def _shown(self, text):
        return text.encode() if "b" in self._mode else text

    def read(self, size=-1):
        end = len(self._text) if size is None or size < 0 else self._at + size
        text, self._at = self._text[self._at : end], min(end, len(self._text))
        return self._shown(text)

    def readline(self):
        end = self._text.find("\n", self._at) + 1 or len(self._text)
        text, self._at = self._text[self._at : end], end
        return self._shown(text)

    def readlines(self):
        return list(self)

    def __iter__(self):
        while True:
            line = self.readline()
            if not line:
                return
            yield line

    def seek(self, offset, whence=0):
        self._at = offset + (0, self._at, len(self._text))[whence]
        return self._at

    def tell(self):
        return self._at

    def flush(self):
        if self._open and ("r" not in self._mode or "+" in self._mode):
            self._board.files[self._name] = self._text

    def close(self):
        self.flush()
        self._open = False

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.close()
