"""Commands that write, check, print, draw and import specs."""
