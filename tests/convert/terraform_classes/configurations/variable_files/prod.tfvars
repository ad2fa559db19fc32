stage = "not-read"
