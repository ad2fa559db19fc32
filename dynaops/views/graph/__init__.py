"""The graph of resources as a tree, as Mermaid, as DOT and as SVG. All are the same for the same graph."""
