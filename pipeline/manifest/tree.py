"""YAML to plain mappings, lists and texts, with the place of each; what they mean is for the model.

Every scalar stays the text that was written (nothing at all is None), so that none of YAML 1.1's
surprises happen: `off`, `no`, `1999`, `012345678905` and `4:12` are what they look like.
"""

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.faults import Fault, Faults
from pipeline.manifest.places import Complaint, Places, Route, Spot, printable

MAX_BYTES = 1 << 20
MAX_VALUES = 100_000
MAX_DEPTH = 50

_NULL, _MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"
_KINDS = ("null", "str", "bool", "int", "float", "timestamp", "value", "merge")
_SCALARS = {f"tag:yaml.org,2002:{kind}" for kind in _KINDS}
_PLAIN = {
    ScalarNode: _SCALARS,
    MappingNode: {"tag:yaml.org,2002:map"},
    SequenceNode: {"tag:yaml.org,2002:seq"},
}

Tree = dict[str, Any]
_Pair = tuple[Node, Node]


class _DepthError(Exception):
    """More levels of lists and mappings than any manifest has."""

    def __init__(self, mark: yaml.Mark) -> None:
        self.mark = mark


class _Composer(yaml.SafeLoader):
    """Composes nodes as ever, but not for ever down."""

    depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.depth > MAX_DEPTH:
            raise _DepthError(self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        self.depth += 1
        node: Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _TreeBuilder:
    """Walks the nodes once; notes where things are, and complains without stopping where it can."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.complaints: list[Complaint] = []
        self._values = 0
        self._open: list[int] = []

    def build(self, node: Node, route: Route) -> Any:
        self._count()
        self.places.values[route] = _spot(node)
        if node.tag not in _PLAIN[type(node)]:
            tag = printable(node.tag.replace("tag:yaml.org,2002:", "!!"))
            self._complain(node, route, f"the tag {tag} has no meaning here", "leave it out")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, route)
        return self._collection(node, route)

    def _count(self) -> None:
        """Every value and every merged key: a few aliases can stand for billions."""
        self._values += 1
        if self._values > MAX_VALUES:
            hint = f"a manifest has at most {MAX_VALUES}, what aliases stand for included"
            raise Faults([Fault("too many values", self.places.file, hint=hint)])

    def _go_down(self, node: Node, depth: int) -> None:
        """Aliases make trees deeper than the text is."""
        if depth > MAX_DEPTH:
            line, column = _spot(node)
            raise _too_deep(_at(self.places.file, line - 1, column - 1))

    def _collection(self, node: Node, route: Route) -> Any:
        self._go_down(node, len(route))
        if id(node) in self._open:
            looped = Complaint(
                route, "this alias leads back to what it is part of", "write it out", spot=_spot(node)
            )
            raise Faults([self.places.fault(looped)])
        self._open.append(id(node))
        built = self._mapping(node, route) if isinstance(node, MappingNode) else self._list(node, route)
        self._open.pop()
        return built

    def _list(self, node: Node, route: Route) -> list[Any]:
        return [self.build(item, (*route, place)) for place, item in enumerate(node.value)]

    def _mapping(self, node: MappingNode, route: Route) -> Tree:
        """What is merged in with `<<` gives way to the mapping's own keys, wherever it stands."""
        pairs: dict[str, _Pair] = {}
        for key, value in node.value:
            name = self._key(key, route)
            if name in pairs:
                line = _spot(pairs[name][0])[0]
                problem, hint = f"{printable(name)} is written twice", f"it is on line {line} already"
                self._complain(key, (*route, name), problem, hint)
            elif name:
                pairs[name] = (key, value)
        for name, pair in self._merged(pairs, route, [node]):
            pairs.setdefault(name, pair)
        return {name: self._entry(pair, (*route, name)) for name, pair in pairs.items() if not _merges(pair)}

    def _entry(self, pair: _Pair, route: Route) -> Any:
        self.places.keys[route] = _spot(pair[0])
        return self.build(pair[1], route)

    def _merged(
        self, pairs: dict[str, _Pair], route: Route, around: list[Node]
    ) -> Iterator[tuple[str, _Pair]]:
        """What the `<<` of a mapping brings in, the first of several sources first."""
        merge = next(filter(_merges, pairs.values()), None)
        if merge is None:
            return
        self._go_down(merge[0], len(around))
        for source in merge[1].value if isinstance(merge[1], SequenceNode) else [merge[1]]:
            self._count()
            if not isinstance(source, MappingNode) or source in around:
                problem, hint = "<< takes a mapping or a list of mappings", "such as <<: *house"
                self._complain(merge[0], (*route, "<<"), problem, hint)
                continue
            inner = {name: (key, value) for key, value in source.value if (name := self._key(key, route))}
            yield from ((name, pair) for name, pair in inner.items() if not _merges(pair))
            yield from self._merged(inner, route, [*around, source])

    def _key(self, node: Node, route: Route) -> str:
        """A key's text; empty, with a complaint, when it has none."""
        self._count()
        text = self._scalar(node, route) if isinstance(node, ScalarNode) else None
        if not text:
            self._complain(node, route, "a key is not a word", "write key: value")
        return text or ""

    def _scalar(self, node: ScalarNode, route: Route) -> str | None:
        if node.tag == _NULL:
            return None
        try:  # JSON writes what is beyond 16 bits as two escapes
            return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._complain(node, route, "an escape stands for half a character", "write the character itself")
            return "?"

    def _complain(self, node: Node, route: Route, problem: str, hint: str) -> None:
        self.complaints.append(Complaint(route, problem, hint, spot=_spot(node)))


def _merges(pair: _Pair) -> bool:
    return bool(pair[0].tag == _MERGE)


def _spot(node: Node) -> Spot:
    return node.start_mark.line + 1, node.start_mark.column + 1


def parse(data: bytes, file: str) -> tuple[Tree, Places, list[Complaint]]:
    """The tree, where everything in it is, and what is wrong with it that did not end the reading.

    Raises:
        Faults: it is no YAML, too large, or no mapping at the top.
    """
    places = Places(file)
    root = _compose(_text(data, file), file)
    if not isinstance(root, MappingNode):
        hint = "write album: and tracks: at the beginning of a line"
        raise Faults([Fault("this is no manifest", f"{file}:1:1", hint=hint)])
    builder = _TreeBuilder(places)
    # A tag on the whole leaves nothing of it, but the complaint.
    return builder.build(root, ()) or {}, places, builder.complaints


def parse_chain(data: bytes, file: str) -> tuple[Tree, Places, list[Complaint]]:
    """As `parse`, for a file that holds a list of stages, or what `defaults` may say.

    Returns what would stand under `defaults`; places and complaints are as if it stood there.
    """
    places = Places(file)
    root = _compose(_text(data, file), file)
    builder = _TreeBuilder(places)
    if isinstance(root, SequenceNode):
        return {"chain": builder.build(root, ("defaults", "chain"))}, places, builder.complaints
    if isinstance(root, MappingNode):
        return builder.build(root, ("defaults",)) or {}, places, builder.complaints
    hint = "write a list of stages, or chain: and limiter: at the beginning of a line"
    raise Faults([Fault("this is no chain", f"{file}:1:1", hint=hint)])


def _text(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise Faults(
            [Fault(f"the file has {len(data)} bytes", file, hint=f"a manifest has at most {MAX_BYTES}")]
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        place = _at(file, before.count("\n"), len(before.rpartition("\n")[2]))
        raise Faults(
            [Fault(f"byte {data[error.start]:#04x} is not UTF-8 text", place, hint="save it as UTF-8")]
        ) from None


def _compose(text: str, file: str) -> Node | None:
    try:
        loader = _Composer(text)
    except yaml.reader.ReaderError as error:
        raise Faults([_unprintable(text, error.position, file)]) from None
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise Faults([_syntax(error, file)]) from None
    except _DepthError as error:
        raise _too_deep(_at_mark(file, error.mark)) from None
    except (ValueError, OverflowError):  # \UFFFFFFFF, or a %YAML of ten thousand digits
        problem = "a number in an escape or a directive is too large"
        raise Faults([Fault(problem, _at_mark(file, loader.get_mark()), hint="write it out")]) from None


def _unprintable(text: str, position: int, file: str) -> Fault:
    line_start = text.rfind("\n", 0, position) + 1
    place = _at(file, text.count("\n", 0, position), position - line_start)
    return Fault(
        f"the control character {ascii(text[position])[1:-1]} may not stand here", place, hint="delete it"
    )


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Fault:
    """PyYAML's own words, with what a tab or a second document means."""
    mark = error.problem_mark or error.context_mark
    place = _at_mark(file, mark) if mark else file
    problem = error.problem or "this is no YAML"
    if "expected a single document" in (error.context or ""):
        return Fault(
            "a second document begins here", place, hint="a manifest is one document; delete the ---"
        )
    if "'\\t'" in problem:
        return Fault("a tab may not indent YAML", place, hint="use blanks")
    context = f" {error.context}" if error.context and "while" in error.context else ""
    return Fault(f"this is no YAML: {printable(problem + context, 160)}", place, hint=_cure(problem, context))


def _cure(problem: str, context: str) -> str:
    if "mapping values are not allowed" in problem:
        return 'put text that has ": " in it into quotes'
    if "undefined alias" in problem:
        return "an alias *name comes behind its anchor &name"
    if "while parsing a flow" in context:
        return "close every [ with ] and every { with }, and put text that has one of them into quotes"
    return ""


def _too_deep(place: str) -> Faults:
    return Faults([Fault(f"lists and mappings are nested more than {MAX_DEPTH} deep", place)])


def _at_mark(file: str, mark: yaml.Mark) -> str:
    return _at(file, mark.line, mark.column)


def _at(file: str, line: int, column: int) -> str:
    return f"{file}:{line + 1}:{column + 1}"
