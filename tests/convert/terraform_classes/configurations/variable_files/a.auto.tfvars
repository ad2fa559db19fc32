stage = "auto-a"
flags = { protected = "true", recover = "true" }
