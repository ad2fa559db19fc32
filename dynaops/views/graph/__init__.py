"""The graph of resources as a tree, Mermaid, DOT and SVG. The output is the same for the same graph."""
