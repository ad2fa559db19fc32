"""Computes a layered layout: a dependent resource is to the right of the resource that it depends on.

It has the usual steps, each in a simple form that is good enough for graphs of tables: layers by the longest path,
points for edges that pass through layers, order within a layer by the mean position of the neighbours, and positions
as close to them as the gap allows. Nothing is random, so the same graph always has the same drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP_X, GAP_Y = 72, 14
_SWEEPS = 12


@dataclass(frozen=True)
class Box:
    """A rectangle; `x` and `y` are the coordinates of its upper left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class GraphLayout:
    """The box of every node, and the points of every edge (in the layers that it passes). Begins at 0, 0."""

    boxes: dict[str, Box]
    ways: dict[tuple[str, str], list[tuple[int, int]]]
    width: int
    height: int


@dataclass
class _Grid:
    """Layers of names, each from top to bottom. A name that begins with NUL is a point of an edge."""

    layers: list[list[str]]
    sizes: dict[str, tuple[int, int]]
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)
    ways: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def laid_out(sizes: Mapping[str, tuple[int, int]], edges: Sequence[tuple[str, str]]) -> GraphLayout:
    """The layout of nodes with these sizes (width, height); their order decides between equal positions."""
    grid = _grid(sizes, _without_cycles(sizes, edges))
    for number in range(_SWEEPS):
        _order(grid, downwards=number % 2 == 0)
    tops = _tops(grid)
    lefts = _lefts(grid)
    boxes = {name: Box(lefts[name], tops[name], *grid.sizes[name]) for name in sizes}
    ways = {
        edge: [(lefts[name], tops[name] + grid.sizes[name][1] // 2) for name in points]
        for edge, points in grid.ways.items()
    }
    return GraphLayout(
        boxes,
        ways,
        max((box.x + box.width for box in boxes.values()), default=0),
        max((box.y + box.height for box in boxes.values()), default=0),
    )


def _without_cycles(names: Iterable[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges without duplicates and without those that close a cycle."""
    kept: list[tuple[str, str]] = []
    after: dict[str, set[str]] = {name: set() for name in names}
    for start, end in dict.fromkeys(edges):
        if start not in _reach(after, end):
            after[start].add(end)
            kept.append((start, end))
    return kept


def _reach(after: Mapping[str, set[str]], start: str) -> set[str]:
    reached, unseen = {start}, [start]
    while unseen:
        nearer = after[unseen.pop()] - reached
        reached |= nearer
        unseen.extend(nearer)
    return reached


def _grid(sizes: Mapping[str, tuple[int, int]], edges: Sequence[tuple[str, str]]) -> _Grid:
    ranks = _ranks(sizes, edges)
    grid = _Grid([[] for _ in range(max(ranks.values(), default=-1) + 1)], dict(sizes))
    for name in sizes:
        grid.layers[ranks[name]].append(name)
    for number, (start, end) in enumerate(edges):
        points = [f"\0{number}.{layer}" for layer in range(ranks[start] + 1, ranks[end])]
        for layer, point in enumerate(points, ranks[start] + 1):
            grid.layers[layer].append(point)
            grid.sizes[point] = (0, 0)
        grid.ways[start, end] = points
        chain = [start, *points, end]
        for left, right in pairwise(chain):
            grid.after.setdefault(left, []).append(right)
            grid.before.setdefault(right, []).append(left)
    return grid


def _ranks(names: Iterable[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each node: one more than the highest layer of its predecessors."""
    ranks = dict.fromkeys(names, 0)
    for _ in ranks:
        moved = [(start, end) for start, end in edges if ranks[end] <= ranks[start]]
        if not moved:
            break
        for start, end in moved:
            ranks[end] = max(ranks[end], ranks[start] + 1)
    return ranks


def _order(grid: _Grid, downwards: bool) -> None:
    """Order each layer by the mean position of the neighbours in the layer before (or after) it."""
    layers = grid.layers if downwards else grid.layers[::-1]
    neighbours = grid.before if downwards else grid.after
    for fixed, moving in pairwise(layers):
        position = {name: number for number, name in enumerate(fixed)}
        own = {name: number for number, name in enumerate(moving)}
        scale = len(fixed) / max(len(moving), 1)
        moving.sort(
            key=lambda name: _mean(
                [position[neighbour] for neighbour in neighbours.get(name, ())], own[name] * scale
            )
        )


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _tops(grid: _Grid) -> dict[str, int]:
    """The upper edges of nodes, as close to the middle of their neighbours as the gap between nodes allows."""
    middle: dict[str, float] = {}
    for layer in grid.layers:
        middle |= _stacked(grid, layer, dict.fromkeys(layer, 0.0))
    for number in range(_SWEEPS):
        downwards = number % 2 == 0
        neighbours = grid.before if downwards else grid.after
        for layer in grid.layers if downwards else grid.layers[::-1]:
            wished = {
                name: _mean([middle[neighbour] for neighbour in neighbours.get(name, ())], middle[name])
                for name in layer
            }
            middle |= _stacked(grid, layer, wished)
    tops = {name: middle[name] - grid.sizes[name][1] / 2 for name in middle}
    highest = min(tops.values(), default=0)
    return {name: round(top - highest) for name, top in tops.items()}


def _stacked(grid: _Grid, layer: Sequence[str], wished: Mapping[str, float]) -> dict[str, float]:
    """The middles closest to the `wished` ones that keep order and gap: the mean of pushing down and pushing up."""
    down: dict[str, float] = {}
    up: dict[str, float] = {}
    for middles, names, sign in ((down, layer, 1), (up, layer[::-1], -1)):
        last: str | None = None
        for name in names:
            middles[name] = wished[name]
            if last is not None:
                apart = (grid.sizes[last][1] + grid.sizes[name][1]) / 2 + GAP_Y
                nearest = middles[last] + sign * apart
                middles[name] = max(wished[name], nearest) if sign > 0 else min(wished[name], nearest)
            last = name
    return {name: (down[name] + up[name]) / 2 for name in layer}


def _lefts(grid: _Grid) -> dict[str, int]:
    lefts: dict[str, int] = {}
    left = 0
    for layer in grid.layers:
        lefts |= dict.fromkeys(layer, left)
        left += max((grid.sizes[name][0] for name in layer), default=0) + GAP_X
    return lefts
