stage = "auto-b"
