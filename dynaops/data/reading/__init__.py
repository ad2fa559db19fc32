"""Reads files, stdin and S3 objects as blocks of whole rows, from any position, with bounded memory."""
