"""Which bytes are text."""


def decode_text(data: bytes) -> str | None:
    """The text of a file, None when it is binary: UTF-8, or UTF-16 with a byte order mark; no NUL, lines end in LF."""
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")
