stage = "first"
sizes = { read = 5, write = 5 }
flags = { protected = "false", recover = false }
