"""From blocks of input to rows that are ready to be sent: one pass, each rule of an item checked on the way."""
