"""The health of deployed tables: reads AWS, judges, and changes nothing."""
