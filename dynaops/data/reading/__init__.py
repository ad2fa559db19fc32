"""From files, stdin and S3 to blocks of whole rows, from any position on, in little memory."""
