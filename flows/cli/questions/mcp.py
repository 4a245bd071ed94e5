"""Defines the command that answers programs, over the Model Context Protocol."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import STORE, StoreGiven
from flows.cli.frame.terminal import errors, say

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from schemas.store_address import S3Url

INSTALL = "pip install 'tidewaiter[mcp]'"
TEXT_MAX, TEXTS_MAX = 300, 50
ABOUT = (
    "Monthly foreign trade as customs publish it. Ask `search` for codes, then `read`. Cite every number with the"
    " citation and the files of its answer, and say where it is in doubt. A number that is missing has a reason: say"
    " it, and never fill it in. Kilograms are exact; percentages are not rounded."
)
commands = Commands()


@commands.command(epilog="Example: `tidewaiter mcp --store store`")
def mcp(
    serve: Annotated[
        bool, typer.Option("--serve", help="answer at http://127.0.0.1:PORT/mcp until Ctrl-C; else on standard input")
    ] = False,
    port: Annotated[int, typer.Option(help="port for --serve", min=1, max=65535)] = 8765,
    store: StoreGiven = STORE,
) -> None:
    """Answer questions of programs about the stores, over the Model Context Protocol; nothing is written.

    A program starts it itself, as `tidewaiter mcp --store STORE`, and asks on standard input.
    """
    # What an answer leaves out is written to standard error; standard output belongs to the protocol.
    logging.basicConfig(level="ERROR")
    try:
        server = server_of(store)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise ValueError(f"tidewaiter mcp needs the package mcp, which is not installed: {INSTALL}") from missing
    if serve:
        from flows.cli.frame.serving import LOOPBACK, require_port

        # The library would end with the exit code of a release that is held.
        require_port(port)
        say(f"http://{LOOPBACK}:{port}/mcp until Ctrl-C", to=errors)
        server.run("streamable-http", host=LOOPBACK, port=port, json_response=True, stateless_http=True)
    else:
        server.run("stdio")


def server_of(root: "Path | S3Url") -> "MCPServer[Any]":
    """Return the server that asks `Answers` about the stores below a root.

    What a caller can ask otherwise is answered by an error in one sentence. A fault of the program is too, and its
    traceback goes to the log of the server alone.
    """
    import importlib.metadata
    import inspect

    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import (
        ResourceError,
        ToolError,
        UnexpectedResourceError,
        UnexpectedToolError,
    )
    from mcp.types import TextContent, ToolAnnotations
    from pydantic import ValidationError

    from schemas.questions.checks import sentence
    from tasks.api.mcp import PROMPTS, Answers, CannotAnswer, written
    from tasks.domain.text import clip

    class Server(MCPServer[Any]):
        async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
            if name not in fields:
                raise ToolError(f"there is no tool {clip(name)!r}; there are {', '.join(fields)}")
            _refuse(arguments, fields[name])
            try:
                answer: Any = await super().call_tool(name, arguments, context)
                # The library would indent the text, which a program pays for by the word.
                text = TextContent(type="text", text=written(answer.structured_content))
                return answer.model_copy(update={"content": [text]})
            except UnexpectedToolError as error:
                if isinstance(error.__cause__, CannotAnswer):
                    raise ToolError(str(error.__cause__)) from error
                raise UnexpectedToolError(
                    f"{name} failed over this question; the log of the server has the reason"
                ) from error
            except ToolError as error:
                if isinstance(error.__cause__, ValidationError):
                    raise ToolError(sentence(error.__cause__)) from error
                raise

        async def read_resource(self, uri: Any, context: Any = None) -> Any:
            try:
                return await super().read_resource(uri, context)
            except UnexpectedResourceError as error:
                if isinstance(error.__cause__, CannotAnswer):
                    raise ResourceError(str(error.__cause__)) from error
                raise

    def _refuse(arguments: dict[str, Any], of_tool: list[str]) -> None:
        """Raise ToolError for a field that the tool does not have, and for more text than a question has."""
        for field, value in arguments.items():
            if field not in of_tool:
                raise ToolError(f"there is no field {clip(field)!r}; there are {', '.join(of_tool)}")
            texts = value if isinstance(value, list) else [value]
            if len(texts) > TEXTS_MAX:
                raise ToolError(f"{field} has {len(texts):,} values; at most {TEXTS_MAX}")
            longest = max((len(str(text)) for text in texts), default=0)
            if longest > TEXT_MAX:
                raise ToolError(f"{field} has {longest:,} characters; at most {TEXT_MAX}")

    server = Server(
        "tidewaiter", instructions=ABOUT, version=importlib.metadata.version("tidewaiter"), log_level="ERROR"
    )
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    answers = Answers(root)
    functions = answers.functions
    fields = {one.__name__: [*inspect.signature(one).parameters] for one in functions}
    for one in functions:
        server.add_tool(one, annotations=reads)
    for address, listed in answers.resources.items():
        server.resource(address, mime_type="application/json")(listed)
    for prompt in PROMPTS:
        server.prompt()(prompt)
    return server
