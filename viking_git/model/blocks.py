"""Content blocks of foreign transcripts as parts of a message.

OpenAI and Anthropic describe a message's content as text or as a list of blocks; both kinds are read here. **A
message once read never changes while its file grows**: a tool call becomes a part only together with its result, in
the message that holds the result; so a transcript read before the result was written yields the same messages later,
and one more. What is left out is counted by kind.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.text import clean_json

Part = dict[str, Any]

_WRAPPERS = (
    "system-reminder", "command-name", "command-message", "command-args", "command-contents", "local-command-caveat",
    "local-command-stdout", "local-command-stderr", "bash-input", "bash-stdout", "bash-stderr", "ide_opened_file",
    "ide_selection", "task-notification", "user-prompt-submit-hook",
)  # fmt: skip
"""Tags in which coding agents wrap what nobody said."""

_OPENING = re.compile(rf"<({'|'.join(_WRAPPERS)})>")
_INTERRUPTED = re.compile(r"\[Request interrupted by user[^\]\n]*\]")


class BlockReader:
    """Turns content into parts, remembers tool calls until their results come, and counts what it leaves out."""

    def __init__(self, *, wrapped: bool) -> None:
        """``wrapped``: whether texts hold a coding agent's wrappers, which are then taken out."""
        self.skipped: Counter[str] = Counter()
        self._wrapped = wrapped
        self._calls: dict[str, tuple[str, Any]] = {}
        self._answered: set[str] = set()
        self._readers: dict[str, Callable[[Mapping[str, Any]], list[Part]]] = {
            "text": self._text, "input_text": self._text, "output_text": self._text,
            "image": self._image, "image_url": self._image, "input_image": self._image,
            "tool_use": self._call, "tool_result": self._result,
        }  # fmt: skip

    def parts(self, content: object) -> list[Part]:
        """The parts of ``content``: text, a list of blocks, or None.

        Raises:
            InvalidContent: anything else.
        """
        if content is None:
            return []
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not isinstance(blocks, list):
            raise InvalidContent("content is text or a list of blocks")
        found: list[Part] = []
        for block in blocks:
            if isinstance(block, str):
                found += self._text({"text": block})
                continue
            if not isinstance(block, dict) or not isinstance(block.get("type"), str):
                raise InvalidContent("a content block is an object with a type")
            read = self._readers.get(block["type"])
            if read is None:
                self.skipped[block["type"]] += 1
            else:
                found += read(block)
        return found

    def call(self, tool_id: str, name: object, arguments: object) -> None:
        """Remember a tool call until its result comes."""
        if isinstance(arguments, str):
            with suppress(ValueError, RecursionError):
                arguments = clean_json(json.loads(arguments))
        self._calls[tool_id] = (name if isinstance(name, str) else "", arguments)

    def result(self, tool_id: str, output: object, *, error: bool = False, name: str = "") -> Part:
        """The one part of a tool call and its result."""
        called, arguments = self._calls.get(tool_id, ("", None))
        self._answered.add(tool_id)
        part: Part = {
            "type": "tool", "tool_id": tool_id, "tool_name": called or name or "unknown",
            "tool_output": self._output(output), "tool_status": "error" if error else "completed",
        }  # fmt: skip
        return part if arguments is None else {**part, "tool_input": arguments}

    def finish(self) -> Counter[str]:
        """The counts, calls whose result is not there among them."""
        if pending := self._calls.keys() - self._answered:
            self.skipped["tool call without a result"] += len(pending)
        return self.skipped

    @property
    def left_out(self) -> int:
        """How much was left out or put off so far: where it grows, content without parts was not empty."""
        return self.skipped.total() + len(self._calls)

    def _text(self, block: Mapping[str, Any]) -> list[Part]:
        text = block.get("text")
        if not isinstance(text, str):
            raise InvalidContent("a text block has a text")
        if self._wrapped:
            text = self._unwrap(text)
        return [{"type": "text", "text": text}] if text.strip() else []

    def _image(self, block: Mapping[str, Any]) -> list[Part]:
        source = block.get("source") or block.get("image_url")
        url = source.get("url") if isinstance(source, dict) else source
        if isinstance(url, str) and not url.startswith("data:"):
            return [{"type": "image", "url": url}]
        # Base64 is neither readable nor worth its place in history; that there was an image is.
        self.skipped["image data"] += 1
        return [{"type": "image", "url": ""}]

    def _call(self, block: Mapping[str, Any]) -> list[Part]:
        self.call(str(block.get("id", "")), block.get("name"), block.get("input"))
        return []

    def _result(self, block: Mapping[str, Any]) -> list[Part]:
        tool_id = str(block.get("tool_use_id", ""))
        return [self.result(tool_id, block.get("content"), error=block.get("is_error") is True)]

    def _output(self, output: object) -> str:
        if not isinstance(output, str | list | None):
            return json.dumps(output, ensure_ascii=False, sort_keys=True)
        return "\n".join(p["text"] if p["type"] == "text" else f"[{p['type']}]" for p in self.parts(output))

    def _unwrap(self, text: str) -> str:
        kept: list[str] = []
        end = 0
        unclosed: set[str] = set()
        while match := _OPENING.search(text, end):
            tag = match[1]
            close = -1 if tag in unclosed else text.find(f"</{tag}>", match.end())
            kept.append(text[end : match.end() if close < 0 else match.start()])
            end = match.end() if close < 0 else close + len(tag) + 3
            if close < 0:
                unclosed.add(tag)
            else:
                self.skipped["system reminder" if tag == "system-reminder" else "command"] += 1
        plain, interruptions = _INTERRUPTED.subn("", "".join([*kept, text[end:]]))
        if interruptions:
            self.skipped["interruption"] += interruptions
        return text if plain == text else plain.strip()
